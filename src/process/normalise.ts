import type {SpawnOptions, SpawnSyncOptions} from 'node:child_process'
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

/** Options that mean what they say, and those that are not for Node. */
const plainOptions: ReadonlySet<string> = new Set(['stdio', 'cwd', 'detached', 'method', 'zygote'])

function isPlainText(text: unknown): text is string {
  return typeof text === 'string' && !text.includes('\0')
}

/** A spawn that Node would neither refuse nor change, but for a list that begins with the file. */
function isPlain(file: string, args: readonly string[], options: SpawnOptions): boolean {
  if (!isPlainText(file) || file === '' || !args.every(isPlainText)) return false
  if (!Object.keys(options).every(name => plainOptions.has(name))) return false
  const {cwd, detached} = options
  return (cwd === undefined || isPlainText(cwd)) && (detached === undefined || typeof detached === 'boolean')
}

/** Under Node's permission model nothing is plain. */
const unrestricted = (process as {permission?: unknown}).permission === undefined

const nothingRan = {pid: 0, status: null, signal: null, output: null}

function readByNode(file: string, args: readonly string[], options: SpawnSyncOptions): Normalised & {input?: unknown} {
  let read: unknown
  withSyncSpawn(
    given => {
      read = given
      return {...nothingRan}
    },
    () => childProcess().spawnSync(file, args, options),
  )
  return read as Normalised
}

/**
 * Has Node read and check a spawn's arguments: spawnSync does it by the function that spawn does it by, and then asks
 * for a child that it does not get; where there is nothing to check that is left out, for it takes as long as the system
 * calls. The caller's environment is not read: that takes longer than all the rest.
 * @throws what Node throws
 */
export function normalise(file: string, args: readonly string[], options: SpawnOptions): Normalised {
  if (!Array.isArray(args) || typeof options !== 'object' || options === null || Array.isArray(options))
    return readByNode(file, args, options)
  const inherits = !options.env && !hasChannel(options) && isEnvironmentLive()
  if (inherits && unrestricted && isPlain(file, args, options)) {
    const {cwd, detached = false, stdio} = options
    return {file, args: [file, ...args], envPairs: callersEnvironment, cwd, detached, stdio} as Normalised
  }
  const env = inherits ? {} : options.env
  const {input: _, ...rest} = readByNode(file, args, {...options, env, stdio: 'ignore', input: ''})
  return {...rest, ...(inherits && {envPairs: callersEnvironment}), stdio: options.stdio}
}
