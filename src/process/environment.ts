import {isMainThread} from 'node:worker_threads'

let looked: NodeJS.ProcessEnv | undefined
let live = false

/** A worker may share the environment (SHARE_ENV) and change it at any moment: only Node knows how to read it then. */
let mayBeShared = false
process.once('worker', () => {
  mayBeShared = true
})

/**
 * Whether process.env is a view of libc's environment that nobody else changes: not in a worker, which has a copy, and not
 * where a program has put an object of its own there, which would let any property be defined.
 */
export function isEnvironmentLive(): boolean {
  if (mayBeShared) return false
  if (process.env === looked) return live
  looked = process.env
  live = false
  try {
    Object.defineProperty(process.env, 'SPAWNCTL_PROBE', {configurable: true, enumerable: false, value: ''})
    delete process.env.SPAWNCTL_PROBE
  } catch {
    live = isMainThread
  }
  return live
}
