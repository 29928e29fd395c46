import {leaveCgroups} from '../methods/cgroup.js'
import type {Method} from '../methods/method.js'
import {type Spawned, spawnPlan} from '../methods/spawn.js'
import type {Zygote} from '../methods/zygote.js'
import {letGo, signalChild, watchChild} from '../native/children.js'
import type {Plan} from '../plan/plan.js'
import {signalNumber} from '../plan/signals.js'
import {type Exit, exitOf, exitPipe} from './exits.js'

/** A running child of this process. */
export interface Launched extends Omit<Spawned, 'pidfd'> {
  /** Settles when it has ended and was reaped; never rejects. */
  readonly exit: Promise<Exit>
  /** Sends a signal; false when it has ended. Never to a stranger that got the same pid. */
  kill(signal?: string): boolean
}

/**
 * Creates a child by exactly this method, waits until its program runs, and goes on; its end is told by `exit`.
 * @throws as spawnPlan
 */
export function launch(plan: Plan, method: Method, zygote?: Zygote): Launched {
  const exits = exitPipe()
  const {pidfd, ...spawned} = spawnPlan(plan, method, zygote)
  let alive = true
  let settle: (exit: Exit) => void
  const exit = new Promise<Exit>(resolve => {
    settle = resolve
  })
  const id = exits.expect(record => {
    alive = false
    letGo(child)
    exits.release()
    leaveCgroups(spawned.cgroups)
    settle(exitOf(record))
  })
  const child = watchChild(exits.name, id, spawned.pid, pidfd)
  exits.hold()
  const kill = (signal = 'SIGTERM') => alive && signalChild(child, signalNumber(signal)) === 0
  return {...spawned, exit, kill}
}
