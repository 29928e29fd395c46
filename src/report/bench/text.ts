import {byBallast, describeBallast} from '../../bench/ballast.js'
import type {BenchResult, Fit, Warning} from '../../bench/result.js'
import {shellWords} from '../../plan/shell-words.js'
import {paragraph, type Style} from '../recommendation.js'
import {chartTitle, type Glyphs, memoryChart} from './chart.js'
import {conclusion} from './conclusion.js'
import {atTheLargest, grows, isFlat, type Series, seriesOf, slope} from './memory.js'
import {benchTable, plainTable} from './table.js'

export interface Terminal {
  readonly style: Style
  readonly columns: number
  readonly glyphs: Glyphs
}

function tables(result: BenchResult, {style, columns}: Terminal): readonly string[] {
  return byBallast(result.results).flatMap(group => [
    style.heading(`${describeBallast(group[0])}, ${group[0].iterations} iterations each`),
    '',
    benchTable(group, style, columns),
    '',
    paragraph(conclusion(group), columns),
    '',
  ])
}

function fitCells(fits: readonly Fit[], row: string): readonly string[] {
  const times = ['callerBlocked', 'spawnToExit'] as const
  return times.flatMap(time => {
    const fit = fits.find(fit => fit.row === row && fit.time === time)
    if (fit === undefined) return ['–', '–']
    return [`${slope(fit)}${isFlat(fit) ? ' flat' : ''}`, fit.r2.toFixed(4)]
  })
}

function fitTable(fits: readonly Fit[], {style}: Terminal): readonly string[] {
  const rows = [...new Set(fits.map(({row}) => row))]
  if (rows.length === 0) return []
  const headings = [
    ['', 'method'],
    ['blocked', 'µs per MiB ± 95 %'],
    ['', 'R²'],
    ['to exit', 'µs per MiB ± 95 %'],
    ['', 'R²'],
  ]
  const note = 'flat: no slope is shown, for its interval holds 0'
  return [
    plainTable(
      headings,
      rows.map(row => [row, ...fitCells(fits, row)]),
      style,
    ),
    style.quiet(note),
    '',
  ]
}

/** The article's two graphs: everything, and what does not grow, which the first cannot show. */
function graphs(series: readonly Series[], terminal: Terminal): readonly string[] {
  const {heading} = terminal.style
  const level = series.filter(each => !grows(each))
  const hidden = level.length > 0 && level.length < series.length
  return [
    ...[heading(chartTitle(series)), '', memoryChart(series, terminal), ''],
    ...(hidden ? [heading('The same, of those that do not grow with it'), '', memoryChart(level, terminal), ''] : []),
  ]
}

function memory(result: BenchResult, terminal: Terminal): readonly string[] {
  const series = seriesOf(result)
  if (series.length === 0) return []
  return [
    ...graphs(series, terminal),
    ...fitTable(result.fits, terminal),
    paragraph(atTheLargest(series), terminal.columns),
    '',
  ]
}

function warning({message, next}: Warning, {style, columns}: Terminal): string {
  return paragraph(`${style.heading('Warning')} ${message}\n${style.quiet('next:')} ${next}`, columns)
}

/** What `bench` prints for a person. */
export function benchText(result: BenchResult, terminal: Terminal): string {
  const {program, args, seed} = result.scenario
  const {kernel, libc, cpu} = result.environment
  return [
    terminal.style.heading(`What it costs to spawn ${shellWords([program, ...args])}`),
    terminal.style.quiet(`Linux ${kernel}, ${libc}, ${cpu.count} × ${cpu.model}; --seed ${seed}`),
    '',
    ...tables(result, terminal),
    ...memory(result, terminal),
    ...result.warnings.flatMap(each => [warning(each, terminal), '']),
  ].join('\n')
}
