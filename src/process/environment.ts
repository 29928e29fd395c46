import {isMainThread} from 'node:worker_threads'

let looked: NodeJS.ProcessEnv | undefined
let live = false

/**
 * Whether process.env is a view of libc's environment: not in a worker, which has a copy, and not where a program has put
 * an object of its own there, which would let any property be defined.
 */
export function isEnvironmentLive(): boolean {
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
