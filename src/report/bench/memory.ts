import {sameBallast} from '../../bench/ballast.js'
import type {BenchResult, Fit, RowResult} from '../../bench/result.js'
import {showBytes} from '../../bench/size.js'
import {spoken} from './figures.js'

/** One row over memory: ascending, everything else being as in the first ballast. */
export interface Series {
  readonly row: string
  readonly points: readonly RowResult[]
  readonly fits: readonly Fit[]
}

/** Without memory there is nothing for huge pages to back, so that the point at 0 belongs to either line. */
function isAlike(one: RowResult, other: RowResult): boolean {
  const {thp} = [one, other].find(({memoryBytes}) => memoryBytes > 0) ?? one
  return sameBallast(
    {...one, thp, memoryBytes: 0},
    {...other, thp: other.memoryBytes > 0 ? other.thp : thp, memoryBytes: 0},
  )
}

/** The rows that were measured at two sizes or more. */
export function seriesOf({results, fits}: BenchResult): readonly Series[] {
  const first = results.find(({memoryBytes}) => memoryBytes > 0)
  if (first === undefined) return []
  const alike = results.filter(result => isAlike(first, result))
  return [...new Set(alike.map(({row}) => row))]
    .map(row => ({
      row,
      points: alike.filter(result => result.row === row).sort((a, b) => a.memoryBytes - b.memoryBytes),
      fits: fits.filter(fit => fit.row === row && sameBallast({...fit, memoryBytes: 0}, {...first, memoryBytes: 0})),
    }))
    .filter(({points}) => points.length > 1)
}

/** Whether memory makes it dearer by as much as it costs without: then it belongs beside fork, whatever it is called. */
export function grows({points}: Series): boolean {
  return points.at(-1)!.callerBlockedNs.p50 > 2 * points[0]!.callerBlockedNs.p50
}

/** What each row comes to at the largest size: the slowest and the quickest, in a sentence. */
export function atTheLargest(series: readonly Series[]): string {
  const largest = Math.max(...series.flatMap(({points}) => points.map(({memoryBytes}) => memoryBytes)))
  const there = series
    .flatMap(({points}) => points.filter(({memoryBytes}) => memoryBytes === largest))
    .sort((a, b) => b.callerBlockedNs.p50 - a.callerBlockedNs.p50)
  const [slowest, quickest] = [there[0], there.at(-1)]
  if (slowest === undefined || quickest === undefined || slowest === quickest) return ''
  const [longest, shortest] = [slowest, quickest].map(({callerBlockedNs}) => callerBlockedNs.p50) as [number, number]
  return `At ${showBytes(largest)} ${slowest.row} blocks its caller for ${spoken(longest)}, ${quickest.row} for ${spoken(shortest)}: ${(longest / shortest).toFixed(0)} times as long.`
}

/** "17.9 ± 0.2", in microseconds per MiB. */
export function slope({slopeNsPerMiB, ci95}: Fit): string {
  const [value, half] = [slopeNsPerMiB / 1e3, (ci95[1] - ci95[0]) / 2e3]
  const digits = Math.abs(value) >= 1 ? 2 : 4
  const shown = value.toFixed(digits).replace(/^-(?=[0.]*$)/, '')
  return `${shown} ± ${half.toFixed(digits)}`
}

/** Whether memory makes a difference at all, as far as the fit shows. */
export function isFlat({ci95}: Fit): boolean {
  return ci95[0] <= 0 && ci95[1] >= 0
}
