import {describe, expect, it} from 'vitest'
import {ratioShift, shift} from '../../../src/bench/statistics/shift.js'

const may = [41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37]
const august = [
  39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85,
]

describe('the shift between two samples', () => {
  it("is R's of ozone in May and August, airquality", () => {
    // wilcox.test(Ozone ~ Month, data = airquality, subset = Month %in% c(5, 8), conf.int = TRUE):
    // difference in location -31.99996, interval -52.99996 to -14.99998.
    const {estimate, ci95} = shift(may, august)!
    expect(estimate).toBeCloseTo(-32, 4)
    expect(ci95[0]).toBeCloseTo(-53, 4)
    expect(ci95[1]).toBeCloseTo(-15, 4)
  })

  it('is the other way round when the samples are', () => {
    const {estimate, ci95} = shift(august, may)!
    expect([estimate, ...ci95]).toEqual([32, 15, 53])
  })

  it('is unknown from three values each', () => {
    expect(shift([1, 2, 3], [4, 5, 6])).toBeNull()
  })

  it('is not moved by an outlier', () => {
    const level = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
    const moved = [...level.slice(0, 9), 1e9].map(value => value + 5)
    expect(shift(moved, level)!.estimate).toBeCloseTo(5, 12)
  })

  it('is a ratio on the scale of logarithms', () => {
    const {estimate, ci95} = ratioShift(
      may.map(value => 3 * value),
      may,
    )!
    expect(estimate).toBeCloseTo(3, 12)
    expect(ci95[0]).toBeLessThan(3)
    expect(ci95[1]).toBeGreaterThan(3)
  })
})
