import {articleCounterpart} from '../../bench/article.js'
import type {RowResult} from '../../bench/result.js'
import type {Interval} from '../../bench/statistics/interval.js'

/** Microseconds, with as many digits as are read: 81.3, 1234. */
function microseconds(ns: number): string {
  const us = ns / 1e3
  return us >= 1000 ? us.toFixed(0) : us.toFixed(1)
}

/** In the unit that a person would say it in. */
export function spoken(ns: number): string {
  return ns >= 1e6 ? `${(ns / 1e6).toPrecision(3)} ms` : `${(ns / 1e3).toPrecision(3)} µs`
}

function half([low, high]: Interval): number {
  return (high - low) / 2
}

/** A column of the table of figures; a wide name is what documents call it. */
export interface Column {
  readonly id: string
  readonly heading: readonly [string, string]
  readonly cell: (result: RowResult) => string
}

export const columns: readonly Column[] = [
  {id: 'row', heading: ['', 'method'], cell: ({row}) => row},
  {id: 'blocked p50', heading: ['blocked', 'p50 µs'], cell: ({callerBlockedNs}) => microseconds(callerBlockedNs.p50)},
  {id: 'blocked p99', heading: ['blocked', 'p99 µs'], cell: ({callerBlockedNs}) => microseconds(callerBlockedNs.p99)},
  {
    id: 'exit mean',
    heading: ['to exit', 'mean ± 95 % µs'],
    cell: ({spawnToExitNs: {mean, ci95}}) =>
      ci95 === null ? microseconds(mean) : `${microseconds(mean)} ± ${microseconds(half(ci95))}`,
  },
  {id: 'exit p50', heading: ['to exit', 'p50 µs'], cell: ({spawnToExitNs}) => microseconds(spawnToExitNs.p50)},
  {id: 'exit p99', heading: ['to exit', 'p99 µs'], cell: ({spawnToExitNs}) => microseconds(spawnToExitNs.p99)},
  {
    id: 'ratio',
    heading: ['to exit', '× fastest'],
    cell({ratio: {toFastest, ci95}}) {
      if (ci95 === null || toFastest === 1) return toFastest.toFixed(2)
      return `${toFastest.toFixed(2)} (${ci95.map(bound => bound.toFixed(2)).join('–')})`
    },
  },
  {id: 'per second', heading: ['', 'spawns/s'], cell: ({spawnsPerSecond}) => spawnsPerSecond.toFixed(0)},
  {id: 'outliers', heading: ['', 'outliers'], cell: ({outliers}) => String(outliers)},
  {
    id: 'article',
    heading: ['article', 'mean µs'],
    cell({row}) {
      const counterpart = articleCounterpart(row)
      if (counterpart === undefined) return '–'
      const own = counterpart.name === row ? '' : '¹'
      return `${counterpart.microseconds.toFixed(1)}${own}`
    },
  },
]

export const articleNote = '¹ std::process::Command of Rust, which is what comes nearest in the article'
