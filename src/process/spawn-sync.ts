import type * as child_process from 'node:child_process'
import {PlanError} from '../errors.js'
import type {Method} from '../methods/method.js'
import {childProcess} from './child-process.js'
import {type SpawnctlOptions, wishesOf} from './spawn.js'
import {runSync, type SyncRun} from './sync.js'
import {withSyncSpawn} from './sync-seam.js'

/** Node's options, and what spawnctl adds. */
export type SpawnSyncOptions = child_process.SpawnSyncOptions & SpawnctlOptions
export type ExecFileSyncOptions = child_process.ExecFileSyncOptions & SpawnctlOptions & {readonly argv0?: string}
export type ExecSyncOptions = child_process.ExecSyncOptions & SpawnctlOptions

interface WithEncoding {
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

/** Text where an encoding is given. */
type Output<Options extends WithEncoding> = 'encoding' extends keyof Options
  ? Options['encoding'] extends BufferEncoding
    ? string
    : Options['encoding'] extends 'buffer' | null | undefined
      ? Buffer
      : Buffer | string
  : Buffer

/** Node's, and the method by which the child came to exist. */
export type SpawnSyncReturns<T> = child_process.SpawnSyncReturns<T> & {readonly method: Method}

/** Makes the error that Node has made of an errno say what else is known; it stays all that Node's was. */
function explained(error: unknown, run: SyncRun | undefined): unknown {
  if (!(error instanceof Error) || run?.failure === undefined) return error
  const failure = Object.assign(run.failure, error)
  if ('error' in failure) failure.error = failure
  return failure
}

/**
 * Node's own function reads and checks the options, and makes of the outcome what it always does; between the two our
 * engine runs instead of Node's.
 */
function throughEngine<T>(options: SpawnctlOptions | undefined, call: () => T): {value: T; run: SyncRun} {
  const {method, ...wishes} = wishesOf(options ?? {})
  let run: SyncRun | undefined
  try {
    const value = withSyncSpawn(given => {
      run = runSync(given, {...(method && {method}), ...wishes})
      if (run.failure instanceof PlanError) throw run.failure
      return Object.assign(run.result, {method: run.method})
    }, call)
    return {value, run: run as SyncRun}
  } catch (error) {
    throw explained(error, run)
  }
}

type Call<Options> = [args?: readonly string[] | Options, options?: Options]

/** The options may stand in the place of the arguments. */
function wishesIn([args, options]: Call<SpawnctlOptions>): SpawnctlOptions | undefined {
  return options ?? (Array.isArray(args) ? undefined : ((args as SpawnctlOptions | undefined) ?? undefined))
}

/**
 * node:child_process's spawnSync by one of our methods; the result also says by which. A failure to start is a
 * SpawnError, with all the fields of Node's error.
 * @throws {PlanError} what no child can be, or the method cannot do; what Node throws
 */
export function spawnSync<Options extends SpawnSyncOptions = Record<never, never>>(
  command: string,
  options?: Options,
): SpawnSyncReturns<Output<Options>>
export function spawnSync<Options extends SpawnSyncOptions = Record<never, never>>(
  command: string,
  args?: readonly string[],
  options?: Options,
): SpawnSyncReturns<Output<Options>>
export function spawnSync(command: string, ...rest: Call<SpawnSyncOptions>): SpawnSyncReturns<Buffer | string> {
  const call = () => childProcess().spawnSync(command, ...(rest as [string[], SpawnSyncOptions]))
  const {value, run} = throughEngine(wishesIn(rest), call)
  if (value.error !== undefined) value.error = explained(value.error, run) as Error
  return value as SpawnSyncReturns<Buffer | string>
}

/** node:child_process's execFileSync by one of our methods. @throws as Node's does; SpawnError; PlanError */
export function execFileSync<Options extends ExecFileSyncOptions = Record<never, never>>(
  file: string,
  options?: Options,
): Output<Options>
export function execFileSync<Options extends ExecFileSyncOptions = Record<never, never>>(
  file: string,
  args?: readonly string[],
  options?: Options,
): Output<Options>
export function execFileSync(file: string, ...rest: Call<ExecFileSyncOptions>): Buffer | string {
  const call = () => childProcess().execFileSync(file, ...(rest as [string[], ExecFileSyncOptions]))
  return throughEngine(wishesIn(rest), call).value
}

/** node:child_process's execSync by one of our methods: a command for a shell. @throws as execFileSync */
export function execSync<Options extends ExecSyncOptions = Record<never, never>>(
  command: string,
  options?: Options,
): Output<Options> {
  return throughEngine(options, () => childProcess().execSync(command, options)).value as Output<Options>
}
