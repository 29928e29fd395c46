import {describe, expect, it} from 'vitest'
import {fitLine, type Point} from '../../../src/bench/statistics/line.js'
import {student95} from '../../../src/bench/statistics/student.js'

/** NIST StRD, Norris: y and x. */
const norris = `0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3 449.1 448.6 778.9 777.0
559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0 448.9 447.5 10.8 11.6 557.7 556.0 228.3 228.1 998.0 995.8
888.8 887.6 119.6 120.2 0.3 0.3 0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0 10.2 11.1 117.6 118.3
228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5`

function pairs(text: string): Point[] {
  const numbers = text.split(/\s+/).map(Number)
  return Array.from({length: numbers.length / 2}, (_, i) => [numbers[2 * i + 1]!, numbers[2 * i]!] as const)
}

describe('the line of least squares', () => {
  it('has the values that NIST certifies for Norris', () => {
    const points = pairs(norris)
    expect(points).toHaveLength(36)
    const {slope, intercept, ci95, r2} = fitLine(points)
    expect(slope).toBeCloseTo(1.00211681802045, 11)
    expect(intercept).toBeCloseTo(-0.262323073774029, 9)
    expect((ci95[1] - slope) / student95(34)).toBeCloseTo(0.429796848199937e-3, 12)
    expect(slope - ci95[0]).toBeCloseTo(ci95[1] - slope, 14)
    expect(r2).toBeCloseTo(0.999993745883712, 12)
  })

  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
  it.each([
    ['first', x, [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68], 0.1179],
    ['second', x, [9.14, 8.14, 8.74, 8.77, 9.26, 8.1, 6.13, 3.1, 9.13, 7.26, 4.74], 0.118],
    ['third', x, [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73], 0.1179],
    [
      'fourth',
      [8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8],
      [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.5, 5.56, 7.91, 6.89],
      0.1178,
    ],
  ] as const)("is Anscombe's for his %s set", (_, xs, ys, error) => {
    const {slope, intercept, ci95, r2} = fitLine(xs.map((value, i) => [value, ys[i]!] as const))
    expect(slope).toBeCloseTo(0.5, 2)
    expect(intercept).toBeCloseTo(3, 1)
    expect(r2).toBeCloseTo(0.667, 2)
    expect((ci95[1] - slope) / 2.262).toBeCloseTo(error, 4)
  })

  it('has no slope through equal values, for sure', () => {
    const level = fitLine([
      [0, 7],
      [1, 7],
      [2, 7],
    ])
    expect(level).toEqual({slope: 0, intercept: 7, ci95: [0, 0], r2: 1})
  })
})
