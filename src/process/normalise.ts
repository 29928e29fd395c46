import type {SpawnOptions} from 'node:child_process'
import {callersEnvironment} from '../plan/environment.js'
import type {Text} from '../plan/text.js'
import {childProcess} from './child-process.js'
import {isEnvironmentLive} from './environment.js'
import {withSyncSpawn} from './sync-seam.js'

/** What Node has made of the arguments of a spawn: file, args, envPairs and all that its ChildProcess.spawn takes. */
export interface Normalised extends Omit<SpawnOptions, 'signal'> {
  readonly file: string
  readonly killSignal?: number
  readonly envPairs?: readonly Text[]
  readonly signal?: AbortSignal
}

/** Node adds variables for it. */
function hasChannel({stdio}: SpawnOptions): boolean {
  return Array.isArray(stdio) && stdio.includes('ipc')
}

const nothingRan = {pid: 0, status: null, signal: null, output: null}

/**
 * Has Node read and check a spawn's arguments: spawnSync does it by the function that spawn does it by, and then asks
 * for a child that it does not get. The caller's environment is not read: that takes longer than all the rest.
 * @throws what Node throws
 */
export function normalise(file: string, args: readonly string[], options: SpawnOptions): Normalised {
  const inherits = !options.env && !hasChannel(options) && isEnvironmentLive()
  const env = inherits ? {} : options.env
  let normalised: unknown
  withSyncSpawn(
    given => {
      normalised = given
      return {...nothingRan}
    },
    () => childProcess().spawnSync(file, args, {...(options as object), env, stdio: 'ignore', input: ''}),
  )
  const {input: _, ...rest} = normalised as {input?: unknown}
  return {...rest, ...(inherits && {envPairs: callersEnvironment}), stdio: options.stdio} as Normalised
}
