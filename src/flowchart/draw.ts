import {Canvas, type Segment} from './canvas.js'
import {type Answer, type Chart, type Edge, isQuestion, type QuestionId} from './chart.js'
import {ARROWHEADS, type Glyphs, lineGlyph} from './glyphs.js'
import {BOX_ROWS, type Layout, layOut} from './layout.js'
import type {EdgeTaken} from './walk.js'

export type {Segment} from './canvas.js'
export type {Glyphs} from './glyphs.js'

type Drawing = Layout & {
  readonly chart: Chart
  readonly canvas: Canvas
  readonly glyphs: Glyphs
  readonly path: readonly EdgeTaken[] | undefined
}

/**
 * Draws the questions from top to bottom along their `no` edges, the leaves of their `yes` edges to the left, and the
 * `yes` edges that lead to a question further down as rails on the right. Edges that are our reading are dashed.
 * @param options.path the edges walked so far; they and the boxes they reach are taken. An empty path takes the start
 *   and the first question, no path takes nothing.
 * @returns the lines from the top, 64 columns wide for the chart as it is
 * @throws {RangeError} when a `yes` edge leads to a question to which no rail can be drawn
 */
export function draw(chart: Chart, options: {path?: readonly EdgeTaken[]; glyphs: Glyphs}): Segment[][] {
  const {glyphs, path} = options
  const drawing = {...layOut(chart), chart, canvas: new Canvas(glyphs), glyphs, path}
  drawStart(drawing)
  for (const [index, question] of drawing.spine.entries()) {
    drawQuestion(drawing, question, index)
    drawNo(drawing, question, index)
    drawYes(drawing, question, index)
  }
  drawEnd(drawing)
  drawLegend(drawing)
  return drawing.canvas.segments()
}

/** The lines as they are written where there is no colour. */
export function plain(lines: readonly (readonly Segment[])[]): string[] {
  return lines.map(line => line.map(segment => segment.text).join(''))
}

function drawStart({canvas, glyphs, middle, path}: Drawing): void {
  canvas.centered({row: 0, column: middle}, 'start', path !== undefined)
  canvas.text({row: 1, column: middle}, ARROWHEADS[glyphs].down, path !== undefined)
}

function drawQuestion(drawing: Drawing, question: QuestionId, index: number): void {
  const {chart, path, questionLeft, questionWidth, topOf} = drawing
  const reached = path !== undefined && (question === chart.start || path.some(edge => edge.to === question))
  drawBox(drawing, topOf(index), questionLeft, questionWidth, chart.questions[question].label, reached)
}

function drawNo(drawing: Drawing, question: QuestionId, index: number): void {
  const {canvas, chart, glyphs, middle, topOf} = drawing
  const taken = isTaken(drawing, question, 'no')
  const border = topOf(index) + BOX_ROWS - 1
  const head = {row: topOf(index + 1) - 1, column: middle}
  canvas.line([{row: border, column: middle}, head], {taken, dashed: isOurs(chart.questions[question].no)})
  canvas.text({row: border + 1, column: middle + 2}, 'no', taken)
  canvas.text(head, ARROWHEADS[glyphs].down, taken)
}

function drawYes(drawing: Drawing, question: QuestionId, index: number): void {
  const {canvas, chart, glyphs, leafWidth, questionLeft, questionWidth, railOf, spine, topOf} = drawing
  const edge = chart.questions[question].yes
  const taken = isTaken(drawing, question, 'yes')
  const stroke = {taken, dashed: isOurs(edge)}
  const row = topOf(index) + 1
  if (isQuestion(edge.to)) {
    const right = questionLeft + questionWidth - 1
    const rail = railOf(question)
    const head = {row: topOf(spine.indexOf(edge.to)) + 1, column: right + 1}
    canvas.line([{row, column: right}, {row, column: rail}, {row: head.row, column: rail}, head], stroke)
    canvas.centered({row, column: right + 5}, ' yes ', taken)
    canvas.text(head, ARROWHEADS[glyphs].left, taken)
  } else {
    drawBox(drawing, topOf(index), 0, leafWidth, edge.to, taken)
    canvas.line(
      [
        {row, column: questionLeft},
        {row, column: leafWidth},
      ],
      stroke,
    )
    canvas.centered({row, column: Math.floor((leafWidth + questionLeft) / 2)}, ' yes ', taken)
    canvas.text({row, column: leafWidth}, ARROWHEADS[glyphs].left, taken)
  }
}

function drawEnd(drawing: Drawing): void {
  const {end, leafWidth, middle, spine, topOf} = drawing
  const taken = isTaken(drawing, spine.at(-1)!, 'no')
  drawBox(drawing, topOf(spine.length), middle - Math.floor(leafWidth / 2), leafWidth, end, taken)
}

function drawLegend({canvas, chart, glyphs, spine, topOf}: Drawing): void {
  if (!spine.some(id => isOurs(chart.questions[id].yes) || isOurs(chart.questions[id].no))) return
  const dash = lineGlyph({up: 0, right: 1, down: 0, left: 1}, true, glyphs)
  const row = topOf(spine.length) + BOX_ROWS + 1
  canvas.text({row, column: 0}, `${dash.repeat(3)} our reading, not drawn in the article`, false)
}

function drawBox({canvas}: Drawing, top: number, left: number, width: number, label: string, taken: boolean): void {
  const middle = {row: top + 1, column: left + Math.floor(width / 2)}
  canvas.box({row: top, column: left}, {row: top + BOX_ROWS - 1, column: left + width - 1}, {taken})
  canvas.text({row: middle.row, column: left + 1}, ' '.repeat(width - 2), taken)
  canvas.centered(middle, label, taken)
}

function isTaken({path}: Drawing, question: QuestionId, answer: Answer): boolean {
  return path?.some(edge => edge.question === question && edge.answer === answer) ?? false
}

function isOurs(edge: Edge): boolean {
  return edge.source === 'our reading'
}
