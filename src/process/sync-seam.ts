import {NativeError} from '../errors.js'
import type {SyncOptions, SyncResult} from './sync.js'

/** Node's spawnSync, execSync and execFileSync all end in its one function, which they look up at every call. */
interface SyncBinding {
  spawn(options: SyncOptions): SyncResult
}

/** @throws {NativeError} E_SEAM */
function syncBinding(): SyncBinding {
  try {
    const {binding} = process as unknown as {binding(name: string): SyncBinding}
    return binding.call(process, 'spawn_sync')
  } catch (error) {
    throw new NativeError('E_SEAM', 'the engine cannot be put in the place of Node’s synchronous spawn', {
      why: `process.binding('spawn_sync') says: ${error instanceof Error ? error.message : error}`,
      next: 'run it without --permission, or use node:child_process',
    })
  }
}

/** Calls something with another function in the place of Node's own. */
export function withSyncSpawn<T>(spawn: SyncBinding['spawn'], call: () => T): T {
  const binding = syncBinding()
  const before = binding.spawn
  binding.spawn = spawn
  try {
    return call()
  } finally {
    binding.spawn = before
  }
}
