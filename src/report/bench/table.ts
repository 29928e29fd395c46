import Table from 'cli-table3'
import type {RowResult} from '../../bench/result.js'
import type {Style} from '../recommendation.js'
import {columns as allColumns, articleNote, type Column} from './figures.js'

/** What a narrow terminal does without, the least important first. */
const dropped = ['article', 'exit p50', 'per second', 'exit p99', 'outliers', 'blocked p99', 'ratio']

const borderless = {
  ...{top: '', 'top-mid': '', 'top-left': '', 'top-right': ''},
  ...{bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': ''},
  ...{left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  '},
}

/** Columns of figures, right-aligned but for the first, without lines. */
export function plainTable(
  headings: readonly (readonly string[])[],
  rows: readonly (readonly string[])[],
  style: Pick<Style, 'quiet' | 'strong'>,
  strong: (index: number) => boolean = () => false,
): string {
  const table = new Table({
    chars: borderless,
    style: {head: [], border: [], 'padding-left': 0, 'padding-right': 0},
    colAligns: headings.map((_, i) => (i === 0 ? 'left' : 'right')),
  })
  const lines = Math.max(...headings.map(heading => heading.length))
  for (let line = 0; line < lines; line++) table.push(headings.map(heading => style.quiet(heading[line] ?? '')))
  rows.forEach((row, index) => {
    table.push(row.map(cell => (strong(index) ? style.strong(cell) : cell)))
  })
  return table
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}

/** Above the columns of one group the group's name stands once. */
function headingsOf(columns: readonly Column[]): readonly (readonly string[])[] {
  return columns.map(({heading: [group, name]}, i) => [columns[i - 1]?.heading[0] === group ? '' : group, name])
}

function draw(
  columns: readonly Column[],
  results: readonly RowResult[],
  style: Pick<Style, 'quiet' | 'strong'>,
): string {
  const rows = results.map(result => columns.map(({cell}) => cell(result)))
  return plainTable(headingsOf(columns), rows, style, index => results[index]!.ratio.toFastest === 1)
}

const bare = {quiet: (text: string) => text, strong: (text: string) => text}

function width(text: string): number {
  return Math.max(...text.split('\n').map(line => line.length))
}

/** The rows measured under one ballast, the fastest emphasised; columns are left out until it is narrow enough. */
export function benchTable(results: readonly RowResult[], style: Style, terminalColumns: number): string {
  let shown = allColumns
  for (const id of dropped) {
    if (width(draw(shown, results, bare)) <= terminalColumns) break
    shown = shown.filter(column => column.id !== id)
  }
  const table = draw(shown, results, style)
  return table.includes('¹') ? `${table}\n${style.quiet(articleNote)}` : table
}
