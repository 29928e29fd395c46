import {UsageError} from '../errors.js'
import {parseOptions, splitLine} from '../exec/command-line.js'
import {readPlan} from '../exec/request.js'
import {answersOf, type Known, knownAnswers, type Recommendation, recommendation} from '../flowchart/answers.js'
import {type Answer, chart, type QuestionId} from '../flowchart/chart.js'
import {type EdgeTaken, walk} from '../flowchart/walk.js'
import {isOn, lastValue, wholeNumber} from '../plan/option.js'
import {pidLimit} from '../plan/pids.js'
import {shellWords} from '../plan/shell-words.js'
import {givenAnswers, planWords, recommendOptions} from './options.js'

/** What a command line of `recommend` says. */
export interface Question {
  readonly known: Known
  readonly asJson: boolean
  /** Of the process to look at. */
  readonly pid?: number
  readonly program: readonly string[]
  /** Options for `exec` that carry the same housekeeping. */
  readonly planWords: readonly string[]
}

export interface Decision {
  readonly result: Recommendation
  readonly path: readonly EdgeTaken[]
  readonly known: Known
  /** `exec`'s words before the program. */
  readonly execWords: readonly string[]
}

/** @param asking a person is there: what the options leave open is asked, and not taken for granted */
export function readQuestion(words: readonly string[], asking: boolean): Question {
  const line = splitLine(words, recommendOptions)
  const values = parseOptions(line.options, recommendOptions)
  const plan = readPlan(values, line.program.length > 0 ? line.program : ['program'])
  const asJson = isOn(values, 'json')
  return {
    known: knownAnswers(givenAnswers(values), plan, asking && !asJson),
    asJson,
    ...(values.pid !== undefined && {
      pid: wholeNumber(lastValue(values, 'pid') as string, 'pid', pidLimit, {next: 'ps -e; pgrep NAME'}),
    }),
    program: line.program,
    planWords: planWords(values),
  }
}

/** What was seen answers only what nobody said. */
export function withEvidence(question: Question, seen: Known): Question {
  return {...question, known: {...seen, ...question.known}}
}

function missingAnswer(question: QuestionId): never {
  throw new UsageError(`"${chart.questions[question].label}" is not answered`, {
    why: 'there is no terminal to ask on, or --json forbids to ask, and the options given do not decide it',
    next: `--${question} or --no-${question} answers it`,
  })
}

/** The next question on the path that nothing answers yet. */
export function openQuestion(known: Known): QuestionId | undefined {
  const walked = walk(answersOf(known))
  return walked.state === 'unanswered' ? walked.question : undefined
}

export function answered(known: Known, question: QuestionId, answer: Answer): Known {
  return {...known, [question]: {answer, source: 'prompt'}}
}

/** @throws {UsageError} that names the flag, when a question is still open */
export function decide(question: Question): Decision {
  const walked = walk(answersOf(question.known))
  if (walked.state === 'unanswered') return missingAnswer(walked.question)
  const execWords = ['--method', walked.method, ...question.planWords, '--']
  const shown = shellWords(['spawnctl', 'exec', ...execWords, ...question.program])
  const command = question.program.length > 0 ? shown : `${shown} PROGRAM [ARGUMENTS]`
  return {result: recommendation(walked, question.known, command), path: walked.path, known: question.known, execWords}
}
