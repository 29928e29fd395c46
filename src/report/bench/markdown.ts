import {byBallast, describeBallast} from '../../bench/ballast.js'
import type {BenchResult, Fit, RowResult} from '../../bench/result.js'
import type {Interval} from '../../bench/statistics/interval.js'
import {shellWords} from '../../plan/shell-words.js'
import {conclusion} from './conclusion.js'
import {columns} from './figures.js'

/** Nanoseconds as microseconds, to the last digit. */
function exact(ns: number): string {
  return (ns / 1e3).toFixed(3)
}

function interval(ci95: Interval | null, show: (bound: number) => string): string {
  return ci95 === null ? '–' : `${show(ci95[0])} to ${show(ci95[1])}`
}

const heading = [
  'method',
  ...['blocked p50', 'blocked p99', 'exit mean', 'mean’s 95 % interval', 'exit p50', 'exit p99'].map(
    name => `${name}, µs`,
  ),
  'ratio to the fastest',
  'ratio’s 95 % interval',
  'spawns/s',
  'outliers',
  'article, µs',
  'created by',
]

function cells(result: RowResult): readonly string[] {
  const {row, callerBlockedNs: blocked, spawnToExitNs: exit, ratio, spawnsPerSecond, outliers, systemCall} = result
  const article = columns.find(({id}) => id === 'article')!.cell(result)
  return [
    `\`${row}\``,
    ...[
      exact(blocked.p50),
      exact(blocked.p99),
      exact(exit.mean),
      interval(exit.ci95, exact),
      exact(exit.p50),
      exact(exit.p99),
    ],
    ratio.toFastest.toFixed(3),
    interval(ratio.ci95, bound => bound.toFixed(3)),
    spawnsPerSecond.toFixed(1),
    String(outliers),
    article,
    systemCall,
  ]
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heading), line(heading.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function fitTable(fits: readonly Fit[]): readonly string[] {
  if (fits.length === 0) return []
  const rows = fits.map(({row, time, slopeNsPerMiB, ci95, interceptNs, r2}) => [
    `\`${row}\``,
    time === 'callerBlocked' ? 'caller blocked' : 'spawn to exit',
    exact(slopeNsPerMiB),
    interval(ci95, exact),
    exact(interceptNs),
    r2.toFixed(4),
  ])
  return ['## Cost over memory', table(['method', 'time', 'µs per MiB', '95 % interval', 'at 0, µs', 'R²'], rows)]
}

/** The table with all digits, where it was measured, and what was doubtful. */
export function benchMarkdown(result: BenchResult): string {
  const {scenario, environment, startedAt, warnings} = result
  const {kernel, libc, cpu, virtualisation, versions} = environment
  const groups = byBallast(result.results)
  return `${[
    `# What it costs to spawn \`${shellWords([scenario.program, ...scenario.args])}\``,
    `spawnctl ${versions.spawnctl}, Node ${versions.node}, Linux ${kernel}, ${libc}, ${cpu.count} × ${cpu.model}, virtualisation: ${virtualisation}; ${startedAt}; seed ${scenario.seed}.`,
    ...groups.flatMap(group => [
      `## With ${describeBallast(group[0])}`,
      `${group[0].iterations} iterations each. ${conclusion(group)}`,
      table(heading, group.map(cells)),
    ]),
    ...fitTable(result.fits),
    ...(warnings.length === 0
      ? []
      : ['## Warnings', warnings.map(({message, next}) => `- ${message} Next: ${next}`).join('\n')]),
  ].join('\n\n')}\n`
}
