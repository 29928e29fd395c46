import {mean, quantileSorted, sampleStandardDeviation} from 'simple-statistics'
import {type Interval, meanInterval} from './interval.js'

/** Figures of a sample, in the unit of the sample. */
export interface Summary {
  readonly mean: number
  /** Of single values; 0 where there is only one. */
  readonly sd: number
  readonly min: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  /** The mean's: Student's t over the means of the blocks, since neighbours are not independent. Null with one block. */
  readonly ci95: Interval | null
}

function sorted(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort()
}

/** Percentiles are those of R's and numpy's default, type 7: linear between the two nearest values. */
function percentile(ascending: Float64Array, share: number): number {
  return quantileSorted(ascending as unknown as number[], share)
}

export function median(values: readonly number[]): number {
  return percentile(sorted(values), 0.5)
}

/** Of at least one block, none of which is empty. */
export function summary(blocks: readonly (readonly number[])[]): Summary {
  const values = blocks.flat()
  const ascending = sorted(values)
  const centre = mean(values)
  return {
    mean: centre,
    sd: values.length < 2 ? 0 : sampleStandardDeviation(values),
    min: ascending[0]!,
    p50: percentile(ascending, 0.5),
    p90: percentile(ascending, 0.9),
    p99: percentile(ascending, 0.99),
    max: ascending.at(-1)!,
    ci95: meanInterval(
      centre,
      blocks.map(block => mean(block)),
    ),
  }
}

/** Beyond Tukey's outer fences: further than three interquartile ranges outside the quartiles. */
export function isFarOut(values: readonly number[]): (value: number) => boolean {
  const ascending = sorted(values)
  const [lower, upper] = [percentile(ascending, 0.25), percentile(ascending, 0.75)]
  const reach = 3 * (upper - lower)
  return value => value < lower - reach || value > upper + reach
}
