import {linearRegression, mean, sum} from 'simple-statistics'
import type {Interval} from './interval.js'
import {student95} from './student.js'

export type Point = readonly [x: number, y: number]

export interface Line {
  readonly slope: number
  readonly intercept: number
  /** The slope's, by Student's t with two degrees of freedom fewer than points. */
  readonly ci95: Interval
  /** 1 where the line meets every point, a level one too. */
  readonly r2: number
}

/**
 * The line of least squares.
 * @param points at least three, not all at the same x
 */
export function fitLine(points: readonly Point[]): Line {
  const {m: slope, b: intercept} = linearRegression(points.map(point => [...point]))
  const squares = (deviations: readonly number[]) => sum(deviations.map(deviation => deviation ** 2))
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  const residual = squares(points.map(([x, y]) => y - (intercept + slope * x)))
  const total = squares(points.map(([, y]) => y - meanY))
  const freedom = points.length - 2
  const half = student95(freedom) * Math.sqrt(residual / freedom / squares(points.map(([x]) => x - meanX)))
  return {slope, intercept, ci95: [slope - half, slope + half], r2: total === 0 ? 1 : 1 - residual / total}
}
