import {closeDescriptors, nativeSpawnSync, openSocketPairs, type SyncLimits, type SyncPipe} from '../native/sync.js'
import type {Plan} from '../plan/plan.js'
import {refuseUnlessCapable} from './capability.js'
import {leaveCgroups} from './cgroup.js'
import {preparing} from './diagnosis/diagnose.js'
import type {Method} from './method.js'
import {engage, type Zygote} from './spawn.js'

export type {SyncLimits, SyncPipe} from '../native/sync.js'

/** A child that has run to its end, or to a limit. */
export interface RanSync {
  readonly pid: number
  /** Null when a signal ended it, or its end is not known. */
  readonly exitCode: number | null
  /** Signal number, or null. */
  readonly signal: number | null
  /** errno, positive, of what went wrong after the spawn: ETIMEDOUT, ENOBUFS, EPIPE …; 0 with nothing. */
  readonly errno: number
  /** In the order of the pipes; null for one that the child does not write to. */
  readonly outputs: readonly (Buffer | null)[]
}

/** @throws {SpawnError} when there are no descriptors left */
export function openSyncPipes(method: Method, wanted: readonly Pick<SyncPipe, 'input' | 'captures'>[]): SyncPipe[] {
  const pairs = wanted.length === 0 ? [] : preparing(method, () => openSocketPairs(wanted.length))
  return pairs.map(([nearEnd, farEnd], i) => ({...(wanted[i] as (typeof wanted)[number]), nearEnd, farEnd}))
}

/** Closes what has not been handed to the core. */
export function closeSyncPipes(pipes: readonly SyncPipe[]): void {
  closeDescriptors(pipes.flatMap(({nearEnd, farEnd}) => [nearEnd, farEnd]).filter(fd => fd >= 0))
}

/**
 * Creates a child by exactly this method and sleeps until it and its pipes are done, or a limit is reached.
 * @throws as spawnPlan
 */
export function spawnPlanSync(
  plan: Plan,
  method: Method,
  pipes: readonly SyncPipe[],
  limits: SyncLimits,
  zygote?: Zygote,
): RanSync {
  if (method === 'zygote' && zygote === undefined) throw new Error('method "zygote" needs an open Zygote')
  refuseUnlessCapable(plan, method)
  const result = engage(plan, method, zygote, ({image}) => nativeSpawnSync(image, pipes, limits))
  leaveCgroups(result.cgroups)
  return {
    pid: result.pid,
    exitCode: result.exitCode < 0 ? null : result.exitCode,
    signal: result.signal === 0 ? null : result.signal,
    errno: result.syncErrno,
    outputs: result.outputs,
  }
}
