import type {Method} from '../methods/method.js'
import {isOrdinary, type Plan} from '../plan/plan.js'

/**
 * The method for who names none. clone-vm never waits for the child: a slow execve stops nobody. It is right as long as
 * child and caller may share memory while both run; where a step makes the child somebody else, or changes what the
 * memory's owner is to the kernel, the caller sleeps until execve: clone.
 */
export function defaultMethod(plan: Plan): Method {
  return isOrdinary(plan) ? 'clone-vm' : 'clone'
}
