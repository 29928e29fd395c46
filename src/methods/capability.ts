import {PlanError} from '../errors.js'
import {posixSpawnFeatures} from '../native/core.js'
import {kindOf} from '../plan/housekeeping.js'
import {birthRefusal, posixSpawnRefusal} from '../plan/lower.js'
import type {Plan} from '../plan/plan.js'
import type {Supervision} from '../plan/supervision.js'
import {type Method, methodTraits} from './method.js'

/** SCM_RIGHTS carries 253 descriptors; block, pipe and working directory take three. */
const mostZygoteSources = 250

/** In the order in which they are proposed instead of one that cannot: clone can most. */
const alternatives: readonly Method[] = ['clone', 'clone-vm', 'fork', 'zygote', 'vfork']

export interface Refusal {
  /** The step that cannot be done, as a person would say it. */
  step: string
  reason: string
  /** A method that can. */
  alternative: Method
}

function findRefusal(plan: Plan, method: Method): {step: string; reason: string} | undefined {
  if (method === 'posix_spawn') return posixSpawnRefusal(plan, posixSpawnFeatures())
  const refused = birthRefusal(plan, methodTraits[method].birth)
  if (refused !== undefined || method !== 'zygote') return refused
  const sent = plan.steps.reduce((sum, step) => sum + (kindOf(step).mostSent?.(step, plan.steps) ?? 0), 0)
  if (sent <= mostZygoteSources) return undefined
  return {
    step: `${sent} descriptors`,
    reason: `one message to the zygote carries at most ${mostZygoteSources}, with those for control groups, namespaces and an init`,
  }
}

/** Why a method cannot carry a plan, or undefined when it can. */
export function refusal(plan: Plan, method: Method): Refusal | undefined {
  const refused = findRefusal(plan, method)
  if (refused === undefined) return undefined
  const alternative = alternatives.find(other => findRefusal(plan, other) === undefined) ?? 'clone'
  return {...refused, alternative}
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

/** @throws {PlanError} E_REFUSED, before any process exists */
export function refuseUnlessSupervisable({timeoutMs, killTree}: Supervision, method: Method): void {
  if (method !== 'zygote' || (timeoutMs === 0 && !killTree)) return
  throw new PlanError('E_REFUSED', `zygote cannot do "${killTree ? '--kill-tree' : '--timeout'}"`, {
    why: 'the zygote makes a child of spawnctl’s own; the keeper, which outlives a killed spawnctl, could not be its parent',
    next: '--method clone, or --method auto to have it chosen',
  })
}
