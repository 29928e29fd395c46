import type {SpawnError} from '../errors.js'
import {type ChildName, type ExitsName, type LateFailure, messageBytes, nativeBegin} from '../native/children.js'
import type {CreationCall} from '../native/core.js'
import {closeDescriptors} from '../native/sync.js'
import type {LoweredPlan} from '../plan/lower.js'
import type {Plan} from '../plan/plan.js'
import {Room} from '../plan/room.js'
import {refuseUnlessCapable} from './capability.js'
import {diagnose} from './diagnosis/diagnose.js'
import type {Method} from './method.js'
import {engage, type Zygote} from './spawn.js'

type Script = Omit<LoweredPlan, 'image'>

const room = new Room(messageBytes)

/** A child that exists, whether or not its program runs already. */
export interface Begun {
  readonly method: Method
  readonly syscall: CreationCall
  readonly pid: number
  /** The core's, open until the child is let go; -1 where the kernel has none. */
  readonly pidfd: number
  readonly child: ChildName
  /** Control groups made for it, to be removed when it has ended. */
  readonly cgroups: readonly string[]
  /** The error that a failure, told with the exit, amounts to. */
  readonly explain: (failure: LateFailure) => SpawnError
}

/**
 * Creates a child by exactly this method and returns as soon as it exists. What can be known by then is thrown: with a
 * method that resumes the caller after execve everything; with the others whether working directory and program are
 * there, as long as no step changes who looks for them.
 * @param given the child's ends of its pipes: closed here, whatever happens
 * @throws as spawnPlan
 */
export function beginPlan(
  plan: Plan,
  method: Method,
  exits: ExitsName,
  id: number,
  given: readonly number[],
  zygote?: Zygote,
): Begun {
  let script: Script | undefined
  try {
    refuseUnlessCapable(plan, method)
    const begin = ({image, ...told}: LoweredPlan) => {
      script = told
      return nativeBegin(room, image.length, exits, id, given)
    }
    const result = engage(plan, method, zygote, begin, {room})
    const {creationCall: syscall, pid, pidfd, child, cgroups} = result
    const explain = (failure: LateFailure) => diagnose(method, plan, script as Script, failure)
    return {method, syscall, pid, pidfd, child, cgroups, explain}
  } finally {
    if (script === undefined) closeDescriptors(given)
  }
}
