import {articleNames} from '../../bench/article.js'
import {byBallast, describeBallast} from '../../bench/ballast.js'
import type {BenchResult, RowResult} from '../../bench/result.js'

const units = [
  {name: 's', ns: 1e9},
  {name: 'ms', ns: 1e6},
  {name: 'µs', ns: 1e3},
  {name: 'ns', ns: 1},
]

/** As Rust prints a Duration: in the largest unit of which there is one, with the digits that it takes. */
export function showDuration(ns: number): string {
  const unit = units.find(unit => ns >= unit.ns) ?? units.at(-1)!
  const digits = String(unit.ns).length - 1
  const whole = Math.floor(ns / unit.ns)
  const fraction = String(ns % unit.ns)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return `${whole}${fraction === '' || digits === 0 ? '' : `.${fraction}`}${unit.name}`
}

function line({row, iterations, spawnToExitNs}: RowResult): string {
  const totalNs = Math.round(spawnToExitNs.mean * iterations)
  const average = showDuration(Math.floor(totalNs / iterations))
  const name = articleNames[row] ?? `${row}: spawn + wait`
  return `ran ${name} ${iterations} times in ${showDuration(totalNs)} (avg. ${average} / iteration)`
}

/** The lines that the article's own program prints; with more than one ballast each group says which. */
export function parityLines({results}: BenchResult): string {
  const groups = byBallast(results)
  const lines = groups.flatMap(group => [
    ...(groups.length > 1 ? [`# ${describeBallast(group[0])}`] : []),
    ...group.map(line),
  ])
  return `${lines.join('\n')}\n`
}
