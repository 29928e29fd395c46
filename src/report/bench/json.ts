import type {BenchResult} from '../../bench/result.js'

/** docs/bench-json.md. With the samples it is for programs alone, and takes no more room than it must. */
export function benchJson(result: BenchResult, {samples}: {samples: boolean}): string {
  if (samples) return `${JSON.stringify(result)}\n`
  const results = result.results.map(({samplesNs: _, ...figures}) => figures)
  return `${JSON.stringify({...result, results}, null, 2)}\n`
}
