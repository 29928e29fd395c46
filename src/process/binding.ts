import {NativeError} from '../errors.js'
import type {SyncOptions, SyncResult} from './sync.js'

/** Node's own process handle, as far as it is of concern here. */
export interface NodeHandle {
  pid?: number
  onexit?: ((code: number | null, signal: string) => void) | undefined
  spawn(...passed: unknown[]): number
  kill(signal: number): number
  ref(): void
  unref(): void
  hasRef(): boolean
  close(done?: () => void): void
  getAsyncId(): number
}

/** What Node's child_process takes its process handle from when it is first loaded. */
export interface ProcessWrap {
  Process: new () => NodeHandle
}

/** What spawnSync, execSync and execFileSync all end in; they look it up at every call. */
export interface SpawnSync {
  spawn(options: SyncOptions): SyncResult
}

interface Bindings {
  process_wrap: ProcessWrap
  spawn_sync: SpawnSync
}

/**
 * One of Node's internal bindings. Asking for it is deprecated, and no concern of whom a warning would reach.
 * @throws {NativeError} E_SEAM
 */
export function nodeBinding<Name extends keyof Bindings>(name: Name): Bindings[Name] {
  const {binding} = process as unknown as {binding(name: Name): Bindings[Name]}
  const silent = process.noDeprecation
  try {
    process.noDeprecation = true
    return binding.call(process, name)
  } catch (error) {
    throw new NativeError('E_SEAM', 'the engine cannot be put in the place of Node’s own', {
      why: `process.binding('${name}') says: ${error instanceof Error ? error.message : error}`,
      next: 'run it without --permission, or use spawn from spawnctl',
    })
  } finally {
    if (silent === undefined) delete (process as {noDeprecation?: boolean}).noDeprecation
    else process.noDeprecation = silent
  }
}
