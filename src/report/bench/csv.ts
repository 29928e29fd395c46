import {stringify} from 'csv-stringify/sync'
import type {BenchResult, RowResult} from '../../bench/result.js'
import type {Summary} from '../../bench/statistics/spread.js'

function timeCells(name: string, {ci95, ...figures}: Summary): readonly (readonly [string, number | null])[] {
  return [
    ...Object.entries(figures).map(([figure, ns]) => [`${name}_${figure}_ns`, ns] as const),
    [`${name}_ci95_low_ns`, ci95?.[0] ?? null],
    [`${name}_ci95_high_ns`, ci95?.[1] ?? null],
  ]
}

function cells(result: RowResult): readonly (readonly [string, unknown])[] {
  const {row, method, systemCall, memoryBytes, mappings, thp, mappedBytes, threads, iterations} = result
  return [
    ...Object.entries({row, method, systemCall, memoryBytes, mappings, thp, mappedBytes, threads, iterations}),
    ...timeCells('callerBlocked', result.callerBlockedNs),
    ...timeCells('spawnToExit', result.spawnToExitNs),
    ['ratio', result.ratio.toFastest],
    ['ratio_ci95_low', result.ratio.ci95?.[0] ?? null],
    ['ratio_ci95_high', result.ratio.ci95?.[1] ?? null],
    ['spawnsPerSecond', result.spawnsPerSecond],
    ['outliers', result.outliers],
  ]
}

/** A line for each row and ballast, figures as they are; an empty cell where there is no interval. */
export function benchCsv({results}: BenchResult): string {
  const columns = results.slice(0, 1).flatMap(result => cells(result).map(([name]) => name))
  return stringify(
    results.map(result => cells(result).map(([, value]) => value)),
    {header: true, columns},
  )
}
