import {type Arms, type Glyphs, lineGlyph} from './glyphs.js'

export type Point = {readonly row: number; readonly column: number}

/** A run of characters of one line that all lie on the path taken, or all do not. */
export type Segment = {readonly text: string; readonly taken: boolean}

/** How a line is drawn. A taken one is heavy. */
export type Stroke = {readonly taken: boolean; readonly dashed?: boolean}

type Cell = {arms: Arms; dashed?: boolean; text?: string; taken: boolean}

/** A grid of character cells. Lines that meet in a cell join; text covers the lines below it. */
export class Canvas {
  readonly #rows: Cell[][] = []
  readonly #glyphs: Glyphs

  constructor(glyphs: Glyphs) {
    this.#glyphs = glyphs
  }

  text({row, column}: Point, text: string, taken: boolean): void {
    for (const [offset, character] of [...text].entries()) {
      const cell = this.#cell(row, column + offset)
      cell.text = character
      cell.taken ||= taken
    }
  }

  centered({row, column}: Point, text: string, taken: boolean): void {
    this.text({row, column: column - Math.floor(text.length / 2)}, text, taken)
  }

  /** Joins the points by straight lines along rows and columns, from the middle of a cell to that of the next. */
  line(points: readonly Point[], stroke: Stroke): void {
    for (const [index, to] of points.slice(1).entries()) this.#straight(points[index]!, to, stroke)
  }

  box(corner: Point, opposite: Point, stroke: Stroke): void {
    const beside = {row: corner.row, column: opposite.column}
    const below = {row: opposite.row, column: corner.column}
    this.line([corner, beside, opposite, below, corner], stroke)
  }

  /** @returns the lines from the top, without blanks at their ends. */
  segments(): Segment[][] {
    return Array.from(this.#rows, row => trimEnd(mergeRuns(Array.from(row ?? [], cell => this.#drawn(cell)))))
  }

  #straight(from: Point, to: Point, {taken, dashed = false}: Stroke): void {
    const weight = taken ? 2 : 1
    const down = Math.sign(to.row - from.row)
    const right = Math.sign(to.column - from.column)
    const length = Math.abs(to.row - from.row) + Math.abs(to.column - from.column)
    for (let done = 0; done <= length; done++) {
      const cell = this.#cell(from.row + down * done, from.column + right * done)
      const strengthen = (arm: keyof Arms) => {
        if (cell.arms[arm] < weight) cell.arms[arm] = weight
      }
      if (done < length) strengthen(down ? (down > 0 ? 'down' : 'up') : right > 0 ? 'right' : 'left')
      if (done > 0) strengthen(down ? (down > 0 ? 'up' : 'down') : right > 0 ? 'left' : 'right')
      cell.dashed = (cell.dashed ?? true) && dashed // a joint with a solid line is solid
      cell.taken ||= taken
    }
  }

  #cell(row: number, column: number): Cell {
    this.#rows[row] ??= []
    this.#rows[row][column] ??= {arms: {up: 0, right: 0, down: 0, left: 0}, taken: false}
    return this.#rows[row][column]
  }

  #drawn(cell: Cell | undefined): Segment {
    if (cell === undefined) return {text: ' ', taken: false}
    return {text: cell.text ?? lineGlyph(cell.arms, cell.dashed ?? false, this.#glyphs), taken: cell.taken}
  }
}

function mergeRuns(segments: readonly Segment[]): Segment[] {
  const runs: Segment[] = []
  for (const {text, taken} of segments) {
    const last = runs.at(-1)
    if (last?.taken === taken) runs[runs.length - 1] = {text: last.text + text, taken}
    else runs.push({text, taken})
  }
  return runs
}

function trimEnd(segments: readonly Segment[]): Segment[] {
  const last = segments.at(-1)
  if (last === undefined) return []
  const text = last.text.trimEnd()
  return text === '' ? trimEnd(segments.slice(0, -1)) : [...segments.slice(0, -1), {text, taken: last.taken}]
}
