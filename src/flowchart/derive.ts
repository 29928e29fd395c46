import type {Refusal} from '../methods/capability.js'
import {refusal} from '../methods/capability.js'
import type {Method} from '../methods/method.js'
import type {Plan} from '../plan/plan.js'
import {type Answers, walk} from './walk.js'

/** "simple housekeeping?" answered by a plan: yes when posix_spawn can say every step. */
export function deriveSimple(plan: Plan): {answer: 'yes' | 'no'; refusal: Refusal | undefined} {
  const refused = refusal(plan, 'posix_spawn')
  return {answer: refused === undefined ? 'yes' : 'no', refusal: refused}
}

/**
 * What `exec` answers for its user: a launcher is judged by its speed, runs on Linux alone, and Node, which holds it,
 * is multi-threaded.
 */
export const nodeAnswers: Answers = {'performance-critical': 'yes', 'single-threaded': 'no', posix: 'no'}

/** The method that the flowchart gives for a plan, with the reason in one line. */
export function chooseMethod(plan: Plan): {method: Method; why: string} {
  const {answer, refusal: refused} = deriveSimple(plan)
  const walked = walk({...nodeAnswers, 'simple-housekeeping': answer})
  if (walked.state !== 'arrived') throw new Error(`${walked.question} is not answered`)
  if (refused === undefined)
    return {method: walked.method, why: 'the housekeeping is simple: posix_spawn can say all of it'}
  const further = refusal(plan, walked.method)
  if (further !== undefined)
    return {method: further.alternative, why: `${walked.method} cannot do "${further.step}" (${further.reason})`}
  const why = `posix_spawn cannot do "${refused.step}" (${refused.reason}), and speed counts on Linux alone`
  return {method: walked.method, why}
}
