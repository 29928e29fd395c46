import {describe, expect, it} from 'vitest'
import {isFarOut, median, summary} from '../../../src/bench/statistics/spread.js'

describe('the summary of a sample', () => {
  it('has the figures of R: mean, sd, quantile', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9, 12, 30]
    // R: sd(x), quantile(x, c(.5, .9, .99)).
    expect(summary([values.slice(0, 5), values.slice(5)])).toMatchObject({
      mean: 8.2,
      sd: expect.closeTo(8.189424074174365, 12),
      min: 2,
      p50: 5,
      p90: expect.closeTo(13.8, 12),
      p99: expect.closeTo(28.38, 12),
      max: 30,
    })
  })

  it('has the interval of the block means, not of the samples', () => {
    const steady = summary([
      [1, 9],
      [2, 8],
      [3, 7],
    ])
    expect(steady.ci95).toEqual([5, 5])
    const [low, high] = summary([
      [1, 1],
      [5, 5],
      [9, 9],
    ]).ci95!
    expect(high - 5).toBeCloseTo((4.302652729749462 * 4) / Math.sqrt(3), 9)
    expect(5 - low).toBeCloseTo(high - 5, 12)
  })

  it('claims no spread from one value and no interval from one block', () => {
    expect(summary([[7]])).toEqual({mean: 7, sd: 0, min: 7, p50: 7, p90: 7, p99: 7, max: 7, ci95: null})
  })

  it('takes a million samples', () => {
    const values = Array.from({length: 1_000_000}, (_, i) => i)
    expect(summary([values, values]).max).toBe(999_999)
  })
})

describe('the median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, middle) => {
    expect(median(values)).toBe(middle)
  })
})

describe("Tukey's outer fences", () => {
  it('stand three interquartile ranges outside the quartiles', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    const farOut = isFarOut(values)
    // Quartiles 3 and 7: fences at -9 and 19.
    expect([-9.01, -9, 19, 19.01].map(farOut)).toEqual([true, false, false, true])
  })

  it('find NIST’s example without extreme outliers', () => {
    // e-Handbook 7.1.6: 1441 is a mild outlier; the upper outer fence, by another rule for quartiles, is at 1679.75.
    const values =
      `30 171 184 201 212 250 265 270 272 289 305 306 322 322 336 346 351 370 390 404 409 411 436 437 439 441 444
      448 451 453 470 480 482 487 494 495 499 503 514 521 522 527 548 550 559 560 570 572 574 578 585 592 592 607 616 618 621
      629 637 638 640 656 668 707 709 719 737 739 752 758 766 792 792 794 802 818 830 832 843 858 860 869 918 925 953 991 1000
      1005 1068 1441`
        .trim()
        .split(/\s+/)
        .map(Number)
    expect(values.filter(isFarOut(values))).toEqual([])
    expect([1600, 1700].map(isFarOut(values))).toEqual([false, true])
  })
})
