import {describe, expect, it} from 'vitest'
import {rankTest} from '../../../src/bench/statistics/rank-test.js'

describe('the rank test', () => {
  it("gives the p of R's example: permeability of a membrane, Hollander and Wolfe, p. 110", () => {
    const atTerm = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    const early = [1.15, 0.88, 0.9, 0.74, 1.21]
    // R: wilcox.test(x, y, alternative = "greater"), W = 35, p-value = 0.1272; both sides are twice that.
    expect(rankTest(atTerm, early)).toBeCloseTo(0.2544122544122544, 12)
    expect(rankTest(early, atTerm)).toBeCloseTo(0.2544122544122544, 12)
  })

  it("gives the p of R's example with ties: ozone in May and August, airquality", () => {
    const may = [41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37]
    const august = [
      39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85,
    ]
    // R: wilcox.test(Ozone ~ Month, data = airquality, subset = Month %in% c(5, 8)), W = 127.5, p-value = 0.0001208.
    expect(rankTest(may, august)).toBeCloseTo(0.0001208, 6)
  })

  it('is far from certain with three values each, however far apart', () => {
    expect(rankTest([1, 2, 3], [1001, 1002, 1003])).toBeCloseTo(0.1, 12)
  })

  it('sees no difference between equal values', () => {
    expect(rankTest([5, 5, 5], [5, 5, 5])).toBe(1)
    expect(rankTest([], [1])).toBe(1)
  })
})
