import type {Argument, Pool, ScriptCall, Slot} from '../script.js'
import type {SyscallName} from '../syscalls.js'
import {callFormats, cloneFlags} from './formats.js'
import {plain, type Value} from './values.js'

/** Not one call but the core's own way to another process; src/native/block.h, SECOND_PROCESS. */
const secondProcess = 'clone(child_stack=…, flags=CLONE_VM|CLONE_VFORK|SIGCHLD)'

/** "dup3(5, 1, 0)"; arguments of which nothing is said are left out. */
export function callText(name: SyscallName, values: readonly Value[]): string {
  const formats = callFormats[name] ?? []
  const texts = values.map((value, i) => (formats[i] ?? plain)(value, values))
  return `${name}(${texts.filter(text => text !== '').join(', ')})`
}

export function cloneFlagText(flags: number): string {
  return cloneFlags({number: BigInt(flags)}, [])
}

/** What is known of a script beside its calls. */
export interface ScriptWords {
  /** The word for a number that only a run gives; undefined for one that is what it says. */
  readonly numberText: (number: number) => string | undefined
  /** How many results there are before the first call: descriptors that arrive with it. */
  readonly arrived: number
  /** Which of them is the first slot. */
  readonly firstSlot: number
}

/**
 * The script's calls as strace would print them. Results are known only when they are made: what a later call takes is
 * called $1, $2 and so on, and nothing has the name of another.
 */
export function scriptText(calls: readonly ScriptCall[], pool: Pool, words: ScriptWords): readonly string[] {
  const names = new Map<Slot, string>()
  let count = words.arrived
  const result = (slot: Slot) => names.get(slot) ?? `$${slot.slot + words.firstSlot}`
  const value = (argument: Argument): Value => {
    if (typeof argument !== 'object') {
      const word = words.numberText(Number(argument))
      return word === undefined ? {number: BigInt(argument)} : {result: word}
    }
    if ('pool' in argument) return {bytes: pool.entry(argument)}
    return 'addressOf' in argument ? {result: `&${result(argument.addressOf)}`} : {result: result(argument)}
  }
  return calls.map(({name, nr, args, save}) => {
    if (nr < 0) return secondProcess
    const text = callText(name, args.map(value))
    if (save === undefined) return text
    names.set(save, `$${++count}`)
    return `${text} = ${result(save)}`
  })
}
