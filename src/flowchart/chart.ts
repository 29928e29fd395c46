import {advice} from './leaves.js'
import {questions} from './questions.js'

export type QuestionId = 'simple-housekeeping' | 'performance-critical' | 'single-threaded' | 'foolproof' | 'posix'

/** The methods that the flowchart can recommend: `clone-vm` is a variety of clone and no leaf of its own. */
export type Leaf = 'posix_spawn' | 'fork' | 'zygote' | 'vfork' | 'clone'

export type Answer = 'yes' | 'no'

export type Edge = {
  readonly to: QuestionId | Leaf
  readonly reason: string
  /** Who drew the edge: the article's flowchart, or we, where it has a gap. */
  readonly source: 'article' | 'our reading'
}

/** Facts that each settle a question alone. All items of a list give the same answer, so none contradicts another. */
export type Checklist = {
  readonly kind: 'checklist'
  readonly items: readonly {readonly label: string; readonly answerIfChecked: Answer}[]
  /** The answer when no item is checked. */
  readonly otherwise: Answer
}

export type Question = {
  /** As it stands in the box of the article's flowchart. */
  readonly label: string
  /** As a person is asked. */
  readonly ask: string
  readonly means: string
  readonly matters: string
  readonly help: Checklist
} & {readonly [answer in Answer]: Edge}

type Advice = {
  readonly method: Leaf
  /** Why the method is right for whoever arrives here. */
  readonly why: string
  /** What to watch out for, one sentence each, the weightiest first. */
  readonly hazards: readonly string[]
}

export type Chart = {
  readonly start: QuestionId
  readonly questions: Readonly<Record<QuestionId, Question>>
  readonly leaves: Readonly<Record<Leaf, Advice>>
}

/** The flowchart that ends the article, with its one gap filled. */
export const chart: Chart = {start: 'simple-housekeeping', questions, leaves: advice}

export function isQuestion(place: QuestionId | Leaf): place is QuestionId {
  return place in questions
}
