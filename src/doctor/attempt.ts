import {nativeProbe, type ProbeCreation, type ProbeResult} from '../native/probe.js'
import {encodeBlock} from '../plan/block.js'
import {Pool, type PoolReference, type Slot, words64} from '../plan/script.js'
import {noAttributes} from '../plan/spawn-actions.js'
import type {Arch} from '../plan/syscalls.js'
import {type Outcome, outcomeOf} from './outcome.js'
import {type ProbeSyscall, probeSyscallNumbers} from './syscalls.js'

/**
 * One system call of an attempt. Strings and bytes stand for their address, several strings for that of an argv; a slot
 * for an earlier call’s result.
 */
export interface Call {
  readonly name: ProbeSyscall
  readonly args: readonly (number | bigint | string | Uint8Array | readonly string[] | Slot)[]
  /** How it reads in the evidence, "unshare(CLONE_NEWUSER)"; its name, if not given. */
  readonly shown?: string
  readonly save?: Slot
  /** errno values that prove as much as success. */
  readonly forgive?: readonly number[]
}

export interface Attempt {
  readonly calls?: readonly Call[]
  /** What creates the child, where that is the question. */
  readonly creation?: ProbeCreation
  /** How the creating call reads in the evidence. */
  readonly shown?: string
  /** The kernel version that brought what is tried. */
  readonly since?: string
  readonly timeoutMs?: number
}

/** Longer than any of these calls takes on a busy machine. */
const patienceMs = 5000
const mostSlots = 8
const addressBytes = 8

function isList(arg: Call['args'][number]): arg is readonly string[] {
  return Array.isArray(arg)
}

function argvIn(pool: Pool, words: readonly string[]): PoolReference {
  const argv = pool.bytes(words64(...words.map(() => 0n), 0n))
  for (const [i, word] of words.entries()) pool.pointer(argv, i * addressBytes, pool.text(word))
  return argv
}

/** The script of the calls, without a program: its end is the end of the attempt. */
function imageOf(calls: readonly Call[]): Uint8Array {
  const pool = new Pool()
  const numbers = probeSyscallNumbers[process.arch as Arch]
  const encoded = calls.map(({name, args, save, forgive = []}) => ({
    nr: numbers[name],
    args: args.map(arg => {
      if (typeof arg === 'string') return pool.text(arg)
      if (arg instanceof Uint8Array) return pool.bytes(arg)
      return isList(arg) ? argvIn(pool, arg) : arg
    }),
    save,
    forgive,
    expectCaller: false,
  }))
  return encodeBlock({
    methodNumber: 0,
    changesCredentials: false,
    sameView: false,
    fdFloor: 0,
    calls: encoded,
    slotCount: mostSlots,
    pool,
    argv: [],
    env: [],
    candidates: [],
    actions: [],
    attributes: noAttributes,
    sentFds: [],
    zygoteSocket: -1,
    cloneFlags: 0,
    cgroupFd: -1,
    cgroupStep: 0,
    stamped: false,
  })
}

/** Tries it in a child that shares nothing with this process. */
export function attempt({calls = [], creation = {by: 'fork'}, shown, since, timeoutMs = patienceMs}: Attempt): {
  readonly outcome: Outcome
  readonly result: ProbeResult
} {
  const result = nativeProbe(imageOf(calls), creation, timeoutMs)
  const named = (index: number) => {
    const call = calls[index]
    return call === undefined ? (shown ?? creation.by) : (call.shown ?? call.name)
  }
  return {outcome: outcomeOf(result, {named, since, timeoutMs}), result}
}

/** The outcome alone, for what either works or does not. */
export function tried(what: Attempt): Outcome {
  return attempt(what).outcome
}
