import {zygoteExecutable} from '../native/binding.js'
import type {LoweredPlan, Lowering} from '../plan/lower.js'
import {lower} from '../plan/lower.js'
import type {Plan} from '../plan/plan.js'
import type {Argument} from '../plan/script.js'
import type {FileSource, Step, StepKindName} from '../plan/step.js'
import type {Arch} from '../plan/syscalls.js'
import {readableText} from '../plan/text.js'
import {type Method, methodTraits} from './method.js'
import {scriptLowering} from './spawn.js'

/** One call of a script as it would be made. */
export interface PreviewedCall {
  /** What asks for it; posix_spawn's actions do not say. */
  readonly step?: StepKindName
  /** A system call, or one of posix_spawn's file actions. */
  readonly name: string
  /** Numbers, "paths" in quotes, and in brackets what is known only later: a file or pipe to be opened, a result. */
  readonly args: readonly string[]
}

const actionNames = ['', 'adddup2', 'addclose', 'addchdir_np', 'addclosefrom_np'] as const
const printable = /^[\x20-\x7e]+$/

/** Numbers below every descriptor in the place of files that are not opened. */
function withoutOpening(plan: Plan): {plan: Plan; names: ReadonlyMap<number, string>} {
  const names = new Map<number, string>()
  const numbers = new Map<FileSource, number>()
  const number = (source: FileSource) => {
    const known = numbers.get(source) ?? -1 - numbers.size
    numbers.set(source, known)
    names.set(known, source.path)
    return known
  }
  const replaced = (step: Step): Step => {
    if (step.kind !== 'descriptors') return step
    const placements = step.placements.map(({from, ...rest}) => ({
      ...rest,
      from: typeof from === 'object' ? number(from) : from,
    }))
    return {...step, placements}
  }
  return {plan: {...plan, steps: plan.steps.map(replaced)}, names}
}

function loweringOf(method: Method): Lowering {
  if (method !== 'zygote') return scriptLowering(method)
  zygoteExecutable()
  return {
    methodNumber: methodTraits.zygote.number,
    arch: process.arch as Arch,
    openFds: undefined,
    form: 'zygote',
    zygoteSocket: -1,
    caller: {cwdFd: -1, umask: process.umask()},
  }
}

function shownBytes(bytes: Uint8Array): string {
  const text = readableText(bytes)
  return printable.test(text) ? JSON.stringify(text) : `{${Buffer.from(bytes).toString('hex')}}`
}

function callsOf({calls, pool}: LoweredPlan, names: ReadonlyMap<number, string>): readonly PreviewedCall[] {
  const shown = (arg: Argument): string => {
    if (typeof arg === 'number') return names.has(arg) ? `[${names.get(arg)}]` : String(arg)
    if (typeof arg === 'bigint') return String(arg)
    if ('addressOf' in arg) return `[where result ${arg.addressOf.slot} is]`
    return 'slot' in arg ? `[result ${arg.slot}]` : shownBytes(pool.entry(arg))
  }
  return calls.map(({step, name, args}) => ({step: step.kind, name, args: args.map(shown)}))
}

function actionsOf({actions, pool}: LoweredPlan, names: ReadonlyMap<number, string>): readonly PreviewedCall[] {
  const shown = (fd: number) => (names.has(fd) ? `[${names.get(fd)}]` : String(fd))
  return actions.map(({action: {kind, fd, target, path}}) => {
    const name = actionNames[kind] as (typeof actionNames)[number]
    if (path !== undefined) return {name, args: [shownBytes(pool.entry(path))]}
    return {name, args: name === 'adddup2' ? [shown(fd), String(target)] : [shown(fd)]}
  })
}

/** What the child would do between its creation and execve, without opening or creating anything. */
export function previewScript(plan: Plan, method: Method): readonly PreviewedCall[] {
  const {plan: numbered, names} = withoutOpening(plan)
  const lowered = lower(numbered, loweringOf(method))
  return method === 'posix_spawn' ? actionsOf(lowered, names) : callsOf(lowered, names)
}
