import {describe, expect, it} from 'vitest'
import {student95, studentTails} from '../../../src/bench/statistics/student.js'

describe("Student's distribution", () => {
  // NIST/SEMATECH e-Handbook, 1.3.6.7.2, column 0.975.
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [9, 2.262],
    [19, 2.093],
    [30, 2.042],
    [60, 2.0],
    [99, 1.984],
    [100, 1.984],
    [1e6, 1.96],
  ])('has with %d degrees of freedom 95 % within %d', (freedom, table) => {
    expect(student95(freedom)).toBeCloseTo(table, 3)
  })

  // R: qt(0.975, df), all digits.
  it.each([
    [1, 12.706204736174694],
    [2.5, 3.5746548420036817],
    [10, 2.228138851986274],
    [99, 1.9842169515864174],
  ])('agrees with R at %d degrees of freedom', (freedom, quantile) => {
    expect(student95(freedom)).toBeCloseTo(quantile, 11)
  })

  // The same table, columns 0.90, 0.99 and 0.999: one side.
  it.each([
    [1.372, 10, 0.2],
    [2.764, 10, 0.02],
    [4.144, 10, 0.002],
  ])('has beyond %d with %d degrees of freedom %d', (t, freedom, tails) => {
    expect(studentTails(t, freedom) / tails).toBeCloseTo(1, 2)
  })
})
