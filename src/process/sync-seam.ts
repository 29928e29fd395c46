import {nodeBinding, type SpawnSync} from './binding.js'

/** Calls something with another function in the place of Node's own. */
export function withSyncSpawn<T>(spawn: SpawnSync['spawn'], call: () => T): T {
  const binding = nodeBinding('spawn_sync')
  const before = binding.spawn
  binding.spawn = spawn
  try {
    return call()
  } finally {
    binding.spawn = before
  }
}
