import {describe, expect, it} from 'vitest'
import {logHistogram, logTicks} from '../../../src/report/html/scale.js'

describe('the ticks of a logarithmic axis', () => {
  it.each([
    [1, 1000, [1, 10, 100, 1000]],
    [20, 1200, [30, 100, 300, 1000]],
    [500, 5500, [500, 1000, 2000, 5000]],
    [450, 1100, [500, 600, 800, 1000]],
    [500, 780, [500, 550, 600, 650, 700, 750]],
    [101, 155, [110, 120, 130, 140, 150]],
  ])('from %d to %d hold what a person would choose', (low, high, expected) => {
    expect(logTicks(low, high)).toEqual(expected)
  })

  it.each(
    [1, 1.3, 2, 3.7, 4.9, 7.2, 9.6].flatMap(low =>
      [1.55, 2, 3, 8, 20, 150, 5000].map(factor => [low, factor] as const),
    ),
  )('from %d to %d times that are three to fourteen, inside and ascending', (low, factor) => {
    const ticks = logTicks(low * 1e5, low * factor * 1e5)
    expect(ticks.length).toBeGreaterThanOrEqual(3)
    expect(ticks.length).toBeLessThanOrEqual(14)
    expect(ticks.every(tick => tick >= low * 1e5 && tick <= low * factor * 1e5)).toBe(true)
    expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b))
  })
})

describe('a logarithmic histogram', () => {
  it('has bins of equal ratio, the lowest edge within the first', () => {
    expect(logHistogram([1, 5, 10, 50, 100, 500], 1, 1000, 3)).toEqual({counts: [2, 2, 2], beyond: 0})
  })

  it('counts what lies beyond the last bin apart, and the edge itself inside', () => {
    expect(logHistogram([1000, 1001, 1e9], 1, 1000, 3)).toEqual({counts: [0, 0, 1], beyond: 2})
  })

  it('loses no sample', () => {
    const samples = Array.from({length: 500}, (_, i) => 90 + i)
    const {counts, beyond} = logHistogram(samples, 88, 400, 110)
    expect(counts.reduce((sum, count) => sum + count, beyond)).toBe(500)
    expect(beyond).toBe(samples.filter(sample => sample > 400).length)
  })
})
