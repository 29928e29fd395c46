import type * as child_process from 'node:child_process'
import {addAbortListener} from 'node:events'
import type {Method} from '../methods/method.js'
import type {Zygote} from '../methods/zygote.js'
import {type Child, startChild} from './child.js'
import type {Wishes} from './handle.js'
import {type Housekeeping, readHousekeeping} from './housekeeping.js'
import {type Normalised, normalise} from './normalise.js'

/** What spawnctl adds to Node's options. */
export interface SpawnctlOptions extends Housekeeping {
  /** How the child comes to exist. Left out: clone-vm, or clone where child and caller may not share memory. */
  readonly method?: Method | undefined
  /** The one to spawn through, for method "zygote". */
  readonly zygote?: Zygote | undefined
}

export type SpawnOptions = child_process.SpawnOptions & SpawnctlOptions

function abortError(cause: unknown): Error {
  const error = new Error('The operation was aborted', {cause})
  return Object.assign(error, {name: 'AbortError', code: 'ABORT_ERR'})
}

function killAfter(child: Child, timeoutMs: number, signal: number | undefined): void {
  const timer = setTimeout(() => {
    try {
      child.kill(signal)
    } catch (error) {
      child.emit('error', error as Error)
    }
  }, timeoutMs)
  child.once('exit', () => clearTimeout(timer))
}

function abort(child: Child, killSignal: number | undefined, reason: unknown): void {
  try {
    if (child.kill(killSignal)) child.emit('error', abortError(reason))
  } catch (error) {
    child.emit('error', error as Error)
  }
}

function killWhenAborted(child: Child, signal: AbortSignal, killSignal: number | undefined): void {
  const onAbort = () => abort(child, killSignal, signal.reason)
  if (signal.aborted) {
    process.nextTick(onAbort)
    return
  }
  const listener = addAbortListener(signal, onAbort)
  child.once('exit', () => listener[Symbol.dispose]())
}

function checkAbortSignal(signal: unknown): void {
  if (signal === undefined || (typeof signal === 'object' && signal !== null && 'aborted' in signal)) return
  const error = new TypeError('The "options.signal" property must be an instance of AbortSignal')
  throw Object.assign(error, {code: 'ERR_INVALID_ARG_TYPE'})
}

/** Starts what Node has read: a child with its time limit and its abort signal. */
export function start(options: Normalised, wishes: Wishes, explained: boolean): Child {
  const {timeout, signal, killSignal} = options
  checkAbortSignal(signal)
  const child = startChild(options, wishes, explained)
  if (timeout !== undefined && timeout > 0) killAfter(child, timeout, killSignal)
  if (signal !== undefined) killWhenAborted(child, signal, killSignal)
  return child
}

export type Arguments<Options> = [args?: readonly string[] | Options | null, options?: Options]

/** The options may stand in the place of the arguments. What is neither is left as it is, for Node to refuse. */
export function split<Options extends object>([args, options]: Arguments<Options>): [readonly string[], Options] {
  const given = (options === undefined ? {} : options) as Options
  if (args == null) return [[], given]
  return Array.isArray(args) || typeof args !== 'object' ? [args, given] : [[], args as Options]
}

/** A zygote that is named is meant to be used. @throws {UsageError | PlanError} */
export function wishesOf(options: SpawnctlOptions): Wishes & {readonly method: Method | undefined} {
  const {zygote, method = zygote && 'zygote'} = options
  return {method, zygote, housekeeping: readHousekeeping(options)}
}

/**
 * node:child_process's spawn, by the engine: every option means the same, and housekeeping stands beside them.
 * @throws {PlanError} what no child can be, or the method cannot do; what Node throws; SpawnError where Node throws errno
 */
export function spawn(command: string, args?: readonly string[] | null, options?: SpawnOptions): Child
export function spawn(command: string, options?: SpawnOptions): Child
export function spawn(command: string, ...rest: Arguments<SpawnOptions>): Child {
  const [args, options] = split(rest)
  return start(normalise(command, args, options), wishesOf(options), true)
}
