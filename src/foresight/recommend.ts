import {UsageError} from '../errors.js'
import {answersOf, type Known, knownAnswers, type Recommendation, recommendation} from '../flowchart/answers.js'
import {type Answer, chart, type QuestionId} from '../flowchart/chart.js'
import {nodeAnswers} from '../flowchart/derive.js'
import {type Answers, walk} from '../flowchart/walk.js'
import {makePlan, type Plan} from '../plan/plan.js'
import {shellWords} from '../plan/shell-words.js'
import {type Housekeeping, housekeepingValues, propertyName, readHousekeeping} from '../process/housekeeping.js'
import {optionWords} from './command.js'
import type {ForeseenSpawn} from './plan.js'

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** Answers to the flowchart's questions: {performanceCritical: true}, or {'performance-critical': 'yes'}. */
export type GivenAnswers = {readonly [question in QuestionId | CamelCase<QuestionId>]?: boolean | Answer | undefined}

function readAnswers(given: GivenAnswers): Answers {
  const entries = (Object.keys(chart.questions) as QuestionId[]).flatMap(question => {
    const answer = given[question] ?? given[propertyName(question) as CamelCase<QuestionId>]
    if (answer === undefined) return []
    return [[question, typeof answer === 'string' ? answer : answer ? 'yes' : 'no']]
  })
  return Object.fromEntries(entries) as Answers
}

function missing(question: QuestionId): never {
  throw new UsageError(`"${chart.questions[question].label}" is not answered`, {
    why: `the answers given lead to this question: ${chart.questions[question].ask}`,
    next: `${propertyName(question)}: true or false`,
  })
}

function answer(known: Known, words: readonly string[], program: readonly string[]): Recommendation {
  const walked = walk(answersOf(known))
  if (walked.state === 'unanswered') return missing(walked.question)
  const command = shellWords(['spawnctl', 'exec', '--method', walked.method, ...words, '--', ...program])
  return recommendation(walked, known, program.length > 0 ? command : `${command} PROGRAM [ARGUMENTS]`)
}

function planOf(given: Housekeeping, [file = 'program', ...args]: readonly string[]): Plan {
  return makePlan({file, argv: [file, ...args], env: [], steps: readHousekeeping(given)})
}

/** What nobody need say of a spawn by a program in Node. */
function assumed(known: Known): Known {
  const because = 'Node has several threads, and a spawn of its own may take no time; other systems have no spawnctl'
  const answers = Object.entries(nodeAnswers).map(([question, answer]) => [
    question,
    {answer, source: 'derived', because},
  ])
  return {...Object.fromEntries(answers), ...known}
}

/**
 * The flowchart's recommendation, as `spawnctl recommend --json` gives it: for answers and housekeeping, or for a spawn
 * that plan() has foreseen; of that one nothing is asked.
 * @param program the words to run, for the command
 * @throws {UsageError} that names the question when the answers do not lead to a method, or contradict the housekeeping
 */
export function recommend(answers: GivenAnswers & Housekeeping, program?: readonly string[]): Recommendation
export function recommend(spawn: ForeseenSpawn, answers?: GivenAnswers): Recommendation
export function recommend(
  subject: (GivenAnswers & Housekeeping) | ForeseenSpawn,
  more: readonly string[] | GivenAnswers = [],
): Recommendation {
  if ('plan' in subject) {
    const {plan, options, program} = subject
    return answer(assumed(knownAnswers(readAnswers(more as GivenAnswers), plan, false)), options, program)
  }
  const program = more as readonly string[]
  const known = knownAnswers(readAnswers(subject), planOf(subject, program), false)
  return answer(known, optionWords(housekeepingValues(subject)), program)
}
