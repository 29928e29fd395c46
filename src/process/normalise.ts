import type {SpawnOptions} from 'node:child_process'
import {childProcess} from './child-process.js'
import {withSyncSpawn} from './sync-seam.js'

/** What Node has made of the arguments of a spawn: file, args, envPairs and all that its ChildProcess.spawn takes. */
export interface Normalised extends Omit<SpawnOptions, 'signal'> {
  readonly file: string
  readonly killSignal?: number
  readonly signal?: AbortSignal
}

const nothingRan = {pid: 0, status: null, signal: null, output: null}

/**
 * Has Node read and check a spawn's arguments: spawnSync does it by the function that spawn does it by, and then asks
 * for a child that it does not get.
 * @throws what Node throws
 */
export function normalise(file: string, args: readonly string[], options: SpawnOptions): Normalised {
  let normalised: unknown
  withSyncSpawn(
    given => {
      normalised = given
      return {...nothingRan}
    },
    () => childProcess().spawnSync(file, args, {...(options as object), stdio: 'ignore', input: ''}),
  )
  const {input: _, ...rest} = normalised as {input?: unknown}
  return {...rest, stdio: options.stdio} as Normalised
}
