import {type Answer, chart, isQuestion, type Leaf, type QuestionId} from './chart.js'

export type Answers = {readonly [question in QuestionId]?: Answer}

export type EdgeTaken = {readonly question: QuestionId; readonly answer: Answer; readonly to: QuestionId | Leaf}

export type Walk =
  | {readonly state: 'arrived'; readonly method: Leaf; readonly path: readonly EdgeTaken[]}
  | {readonly state: 'unanswered'; readonly question: QuestionId; readonly path: readonly EdgeTaken[]}

/**
 * Follows the flowchart from its start as far as the answers reach. Answers to questions off the path are never looked
 * at: ask for the one that is `unanswered`, add its answer, walk again.
 */
export function walk(answers: Answers): Walk {
  const path: EdgeTaken[] = []
  let question = chart.start
  for (;;) {
    const answer = answers[question]
    if (answer === undefined) return {state: 'unanswered', question, path}
    const {to} = chart.questions[question][answer]
    path.push({question, answer, to})
    if (!isQuestion(to)) return {state: 'arrived', method: to, path}
    question = to
  }
}
