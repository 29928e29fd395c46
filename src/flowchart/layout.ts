import {type Chart, isQuestion, type Leaf, type QuestionId} from './chart.js'

export const BOX_ROWS = 3
const ROWS_BETWEEN_BOXES = 2
const BOX_PADDING = 4 // a border and a blank on either side of the label
const LEAF_GAP = 12
const RAIL_GAP = 10
const RAIL_SPACING = 3

/** Where everything stands. Rows count from 0 at the top, columns from 0 at the left. */
export type Layout = {
  /** The questions that a run of `no` meets, and where it ends. */
  readonly spine: readonly QuestionId[]
  readonly end: Leaf
  readonly leafWidth: number
  readonly questionLeft: number
  readonly questionWidth: number
  /** The column in which the `no` edges run down. */
  readonly middle: number
  /** The first row of the nth box of the spine; the end comes after the last question. */
  topOf(index: number): number
  /** The column of the rail that a question's `yes` edge takes to another question. */
  railOf(question: QuestionId): number
}

/** @throws {RangeError} when a rail would lead up, or into a question that has a rail of its own */
export function layOut(chart: Chart): Layout {
  const {spine, end} = followNo(chart)
  const leafWidth = BOX_PADDING + widest(Object.keys(chart.leaves))
  const questionWidth = BOX_PADDING + widest(spine.map(id => chart.questions[id].label))
  const questionLeft = leafWidth + LEAF_GAP
  const lanes = railsFromInside(chart, spine)
  return {
    spine,
    end,
    leafWidth,
    questionLeft,
    questionWidth,
    middle: questionLeft + Math.floor(questionWidth / 2),
    topOf: index => 2 + index * (BOX_ROWS + ROWS_BETWEEN_BOXES),
    railOf: question => questionLeft + questionWidth - 1 + RAIL_GAP + lanes.indexOf(question) * RAIL_SPACING,
  }
}

function followNo(chart: Chart): {spine: QuestionId[]; end: Leaf} {
  const spine: QuestionId[] = []
  let place: QuestionId | Leaf = chart.start
  while (isQuestion(place)) {
    spine.push(place)
    place = chart.questions[place].no.to
  }
  return {spine, end: place}
}

/** The questions whose `yes` edge is a rail, the shortest rail first, so that it lies inside the longer ones. */
function railsFromInside(chart: Chart, spine: readonly QuestionId[]): QuestionId[] {
  const rails = spine.flatMap((id, index) => {
    const {to} = chart.questions[id].yes
    if (!isQuestion(to)) return []
    const length = spine.indexOf(to) - index
    if (length <= 0) throw new RangeError(`cannot draw a rail from '${id}' up to '${to}'`)
    return [{id, to, length}]
  })
  const chained = rails.find(({to}) => rails.some(({id}) => id === to))
  if (chained) throw new RangeError(`cannot draw a rail from '${chained.id}' to '${chained.to}', which has its own`)
  return rails.sort((a, b) => a.length - b.length).map(({id}) => id)
}

function widest(labels: readonly string[]): number {
  return Math.max(...labels.map(label => label.length))
}
