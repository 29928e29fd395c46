import {constants} from 'node:os'
import type {SpawnctlError} from '../errors.js'
import type {Method} from '../methods/method.js'
import {
  closeSyncPipes,
  openSyncPipes,
  type RanSync,
  type SyncLimits,
  type SyncPipe,
  spawnPlanSync,
} from '../methods/spawn-sync.js'
import {signalName} from '../plan/signals.js'
import type {Step} from '../plan/step.js'
import type {Wishes} from './handle.js'
import {nodeErrno} from './node-errno.js'
import {type NodeOptions, nodePlan} from './node-plan.js'
import {type PipeWish, pipeWish, type SyncStdio, sourceOf, unknownStdio} from './sync-stdio.js'

/** What Node's child_process hands to its synchronous spawn. */
export interface SyncOptions extends NodeOptions {
  readonly stdio: readonly SyncStdio[]
  readonly timeout?: number | null | undefined
  readonly maxBuffer?: number | null | undefined
  readonly killSignal?: number | null | undefined
}

/** What it expects back. */
export interface SyncResult {
  /** errno, negative; not there when all went well. */
  error?: number
  status: number | null
  signal: string | null
  /** By number; null where there is nothing to read, and null as a whole when nothing ran. */
  output: (Buffer | null)[] | null
  /** 0 when nothing ran. */
  pid: number
}

/** A failure says more than the errno in the result. */
export interface SyncRun {
  readonly result: SyncResult
  readonly method: Method
  readonly failure?: SpawnctlError
}

/** The caller waits for the end, so it may as well wait for execve: with CLONE_VFORK nothing else has to tell it. */
const defaultMethod = 'clone'
const lastNamedSignal = 31

/** As Node: no name for a real-time signal. */
function nameOf(signal: number): string {
  return signal <= lastNamedSignal ? signalName(signal) : ''
}

function limitsOf({timeout, maxBuffer, killSignal}: SyncOptions): SyncLimits {
  return {
    timeoutMs: Math.max(0, timeout ?? 0),
    maxBuffer: maxBuffer && maxBuffer > 0 ? maxBuffer : Number.POSITIVE_INFINITY,
    killSignal: killSignal ?? constants.signals.SIGTERM,
  }
}

function resultOf(ran: RanSync, pipes: readonly (number | undefined)[]): SyncResult {
  return {
    ...(ran.errno !== 0 && {error: -ran.errno}),
    status: ran.exitCode,
    signal: ran.signal === null ? null : nameOf(ran.signal),
    output: pipes.map(pipe => (pipe === undefined ? null : (ran.outputs[pipe] ?? null))),
    pid: ran.pid,
  }
}

/** Unlike the asynchronous calls, these enter a directory with an empty name, and fail. */
function emptyDirectory({cwd}: SyncOptions): Step[] {
  return cwd === '' ? [{kind: 'chdir', path: cwd}] : []
}

/** Why Node's own code had better take these options, which no version of Node sends; undefined when all is understood. */
export function unknownToSync(options: SyncOptions): string | undefined {
  const {file, args, envPairs, cwd, timeout, maxBuffer, killSignal, uid, gid, stdio} = options
  if (typeof file !== 'string' || (cwd != null && typeof cwd !== 'string')) return 'file or cwd is no string'
  for (const list of [args, envPairs])
    if (list != null && !(Array.isArray(list) && list.every(text => typeof text === 'string')))
      return 'args or envPairs are no strings'
  for (const number of [timeout, maxBuffer, killSignal, uid, gid])
    if (number != null && typeof number !== 'number') return 'timeout, maxBuffer, killSignal, uid or gid is no number'
  return unknownStdio(stdio)
}

/**
 * Takes the place of `spawn` of Node's spawn_sync binding: spawns, feeds input, collects output, waits.
 * @param options as unknownToSync accepts them
 */
export function runSync(options: SyncOptions, wishes: Wishes = {}): SyncRun {
  const {method: asked = defaultMethod, zygote, housekeeping = []} = wishes
  let method = typeof asked === 'function' ? defaultMethod : asked
  const wanted: PipeWish[] = []
  const indices = options.stdio.map(entry => {
    const wish = pipeWish(entry)
    return wish === undefined ? undefined : wanted.push(wish) - 1
  })
  let pipes: readonly SyncPipe[] = []
  try {
    pipes = openSyncPipes(method, wanted)
    const sources = options.stdio.map((entry, i) => sourceOf(entry, pipes[indices[i] ?? -1]))
    const plan = nodePlan(options, sources, [...emptyDirectory(options), ...housekeeping])
    if (typeof asked === 'function') method = asked(plan)
    return {result: resultOf(spawnPlanSync(plan, method, pipes, limitsOf(options), zygote), indices), method}
  } catch (error) {
    const result = {error: nodeErrno(error), status: null, signal: null, output: null, pid: 0}
    return {result, method, failure: error as SpawnctlError}
  } finally {
    closeSyncPipes(pipes)
  }
}
