import {UsageError} from '../errors.js'
import type {Plan} from '../plan/plan.js'
import {type Answer, chart, type Leaf, type QuestionId} from './chart.js'
import {deriveSimple} from './derive.js'
import type {Answers, Walk} from './walk.js'

/** `process`: seen in a live process. */
export type AnswerSource = 'flag' | 'prompt' | 'derived' | 'process'

export interface Answered {
  readonly answer: Answer
  readonly source: AnswerSource
  /** What an answer that nobody gave follows from. */
  readonly because?: string
}

/** What is known of each question. */
export type Known = {readonly [question in QuestionId]?: Answered}

/**
 * The answers that need not be asked for: those given by flags, and "simple housekeeping?" where the plan decides it.
 * @param asking a person is there to be asked: the mere absence of housekeeping flags is then no answer
 * @throws {UsageError} when a flag says simple and the plan is not
 */
export function knownAnswers(given: Answers, plan: Plan, asking: boolean): Known {
  const known: {[question in QuestionId]?: Answered} = {}
  for (const question of Object.keys(chart.questions) as QuestionId[]) {
    const answer = given[question]
    if (answer !== undefined) known[question] = {answer, source: 'flag'}
  }
  const {answer, refusal} = deriveSimple(plan)
  if (refusal !== undefined) {
    if (given['simple-housekeeping'] === 'yes')
      throw new UsageError(`--simple-housekeeping does not go with "${refusal.step}"`, {
        why: `posix_spawn cannot do that: ${refusal.reason}`,
        next: 'leave --simple-housekeeping out, or the option for that step',
      })
    const because = `posix_spawn cannot do "${refusal.step}": ${refusal.reason}`
    known['simple-housekeeping'] ??= {answer, source: 'derived', because}
  } else if (!asking) {
    const because = 'posix_spawn can say all the housekeeping that the options ask for'
    known['simple-housekeeping'] ??= {answer, source: 'derived', because}
  }
  return known
}

export function answersOf(known: Known): Answers {
  return Object.fromEntries(Object.entries(known).map(([question, {answer}]) => [question, answer]))
}

/** What `recommend --json` prints; documented in docs/recommend.md. */
export interface Recommendation {
  readonly method: Leaf
  readonly path: readonly {question: QuestionId; answer: Answer; source: AnswerSource}[]
  readonly why: string
  readonly hazards: readonly string[]
  readonly command: string
}

export function recommendation(walked: Walk & {state: 'arrived'}, known: Known, command: string): Recommendation {
  const {why, hazards} = chart.leaves[walked.method]
  const path = walked.path.map(({question, answer}) => ({
    question,
    answer,
    source: known[question]?.source ?? 'prompt',
  }))
  return {method: walked.method, path, why, hazards, command}
}
