import {probit} from 'simple-statistics'
import type {Interval} from './interval.js'
import {median} from './spread.js'

export interface Shift {
  readonly estimate: number
  readonly ci95: Interval
}

/**
 * By how much one sample lies above another: the estimate of Hodges and Lehmann with the interval that belongs to the
 * rank test, as R's wilcox.test gives both for many values. It is the median of all differences between a value of one
 * and a value of the other, so that neither outliers nor two humps move it.
 * @returns null where there are too few values for an interval of 95 %
 */
export function shift(above: readonly number[], below: readonly number[]): Shift | null {
  const [m, n] = [above.length, below.length]
  const differences = Float64Array.from(above.flatMap(one => below.map(other => one - other))).sort()
  const beyond = Math.floor((m * n) / 2 - probit(0.975) * Math.sqrt((m * n * (m + n + 1)) / 12))
  if (beyond < 1) return null
  return {estimate: median([...differences]), ci95: [differences[beyond - 1]!, differences[m * n - beyond]!]}
}

/** The same for the ratio of one to the other: the shift of their logarithms. */
export function ratioShift(above: readonly number[], below: readonly number[]): Shift | null {
  const found = shift(above.map(Math.log), below.map(Math.log))
  if (found === null) return null
  return {estimate: Math.exp(found.estimate), ci95: [Math.exp(found.ci95[0]), Math.exp(found.ci95[1])]}
}
