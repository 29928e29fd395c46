import {sampleStandardDeviation} from 'simple-statistics'
import {student95} from './student.js'

export type Interval = readonly [low: number, high: number]

/**
 * Half of the 95 % interval of the mean of a sample, by Student's t.
 * @returns null for fewer than two values, which tell nothing of their spread
 */
function halfInterval(values: readonly number[]): number | null {
  if (values.length < 2) return null
  return (student95(values.length - 1) * sampleStandardDeviation(values)) / Math.sqrt(values.length)
}

/** Around the mean of all samples, from the means of their blocks. */
export function meanInterval(centre: number, blockMeans: readonly number[]): Interval | null {
  const half = halfInterval(blockMeans)
  return half === null ? null : [centre - half, centre + half]
}

/**
 * The ratio of two means, whose blocks were measured side by side: a block that both found the machine slow in says
 * nothing of their ratio. The interval is that of the mean difference between paired blocks, each as a share of its
 * own mean, on the scale of logarithms: it holds the ratio, and nothing below 0. Blocks without a partner are left out.
 * Source: the delta method for a ratio of means; Cochran, Sampling Techniques, 6.3.
 */
export function ratioInterval(
  above: {readonly mean: number; readonly blockMeans: readonly number[]},
  below: {readonly mean: number; readonly blockMeans: readonly number[]},
): Interval | null {
  const pairs = Math.min(above.blockMeans.length, below.blockMeans.length)
  const differences = above.blockMeans
    .slice(0, pairs)
    .map((blockMean, i) => blockMean / above.mean - below.blockMeans[i]! / below.mean)
  const half = halfInterval(differences)
  const ratio = above.mean / below.mean
  return half === null ? null : [ratio * Math.exp(-half), ratio * Math.exp(half)]
}
