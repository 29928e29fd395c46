import {PlanError} from '../errors.js'
import {posixSpawnFeatures} from '../native/core.js'
import {posixSpawnRefusal} from '../plan/lower.js'
import type {Plan} from '../plan/plan.js'
import type {Method} from './method.js'

/** SCM_RIGHTS carries 253 descriptors; block, pipe and working directory take three. */
const mostZygoteSources = 250

export interface Refusal {
  /** The step that cannot be done, as a person would say it. */
  step: string
  reason: string
  /** A method that can. */
  alternative: Method
}

/** Why a method cannot carry a plan, or undefined when it can. */
export function refusal(plan: Plan, method: Method): Refusal | undefined {
  if (method === 'posix_spawn') {
    const refused = posixSpawnRefusal(plan, posixSpawnFeatures())
    return refused && {...refused, alternative: 'clone'}
  }
  if (method === 'zygote') {
    const descriptors = plan.steps.find(step => step.kind === 'descriptors')
    const sources = new Set(descriptors?.placements.map(({from}) => from)).size
    if (sources > mostZygoteSources)
      return {
        step: `${sources} descriptors`,
        reason: `one message to the zygote carries at most ${mostZygoteSources}`,
        alternative: 'clone',
      }
  }
  return undefined
}

/** @throws {PlanError} E_REFUSED, before any process exists */
export function refuseUnlessCapable(plan: Plan, method: Method): void {
  const refused = refusal(plan, method)
  if (refused === undefined) return
  throw new PlanError('E_REFUSED', `${method} cannot do "${refused.step}"`, {
    why: refused.reason,
    next: `--method ${refused.alternative}, or --method auto to have it chosen`,
  })
}
