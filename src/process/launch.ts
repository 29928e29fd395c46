import {closeSync} from 'node:fs'
import {removeCgroups} from '../methods/cgroup.js'
import type {Method} from '../methods/method.js'
import {type Spawned, spawnPlan} from '../methods/spawn.js'
import type {Zygote} from '../methods/zygote.js'
import {sendSignal} from '../native/core.js'
import type {Plan} from '../plan/plan.js'
import {signalNumber} from '../plan/signals.js'
import {type Exit, watchExit} from './exits.js'

/** A running child of this process. */
export interface Child extends Omit<Spawned, 'pidfd'> {
  /** Settles when it has ended and was reaped; never rejects. */
  readonly exit: Promise<Exit>
  /** Sends a signal; false when it has ended. By pidfd: never to a stranger that got the same pid. */
  kill(signal?: string): boolean
}

/**
 * Creates a child by exactly this method and goes on; its end is told by `exit`.
 * @throws as spawnPlan
 */
export function launch(plan: Plan, method: Method, zygote?: Zygote): Child {
  const {pidfd, ...spawned} = spawnPlan(plan, method, zygote)
  let alive = true
  const exit = watchExit(spawned.pid, pidfd).then(end => {
    alive = false
    closeSync(pidfd)
    removeCgroups(spawned.cgroups)
    return end
  })
  const kill = (signal = 'SIGTERM') => alive && sendSignal(pidfd, signalNumber(signal))
  return {...spawned, exit, kill}
}
