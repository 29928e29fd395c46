import {uniformFloat64} from 'pure-rand/distribution/uniformFloat64'
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus'
import {describe, expect, it} from 'vitest'
import {meanInterval, ratioInterval} from '../../../src/bench/statistics/interval.js'

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const blocks = (blockMeans: readonly number[]) => ({mean: meanOf(blockMeans), blockMeans})

function normals(seed: number): () => number {
  const random = xoroshiro128plus(seed)
  const uniform = () => uniformFloat64(random)
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

describe('the interval of a mean', () => {
  it("is that of R's t.test for the first group of its sleep data", () => {
    const extra = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    const [low, high] = meanInterval(0.75, extra)!
    expect(low).toBeCloseTo(-0.5297804, 6)
    expect(high).toBeCloseTo(2.0297804, 6)
  })

  it('is unknown from one block', () => {
    expect(meanInterval(5, [5])).toBeNull()
  })
})

describe('the interval of a ratio', () => {
  it('is a point where every pair has the same ratio, however much the blocks differ', () => {
    const [low, high] = ratioInterval(blocks([20, 40, 90]), blocks([10, 20, 45]))!
    expect(low).toBeCloseTo(2, 12)
    expect(high).toBeCloseTo(2, 12)
  })

  it('leaves out blocks without a partner', () => {
    const below = {mean: 10, blockMeans: [9, 11]}
    const above = {mean: 20, blockMeans: [18, 22, 20]}
    expect(ratioInterval(above, below)).toEqual([2, 2])
    expect(ratioInterval(above, {mean: 10, blockMeans: [10]})).toBeNull()
  })

  it('holds the true ratio in about 95 of 100 measurements, though the machine drifts under both', () => {
    const normal = normals(7)
    let held = 0
    for (let trial = 0; trial < 1000; trial++) {
      const drift = Array.from({length: 20}, (_, i) => 1 + 0.02 * i + 0.3 * Math.abs(normal()))
      const [low, high] = ratioInterval(
        blocks(drift.map(level => 300 * level * (1 + 0.02 * normal()))),
        blocks(drift.map(level => 200 * level * (1 + 0.02 * normal()))),
      )!
      if (low <= 1.5 && 1.5 <= high) held++
    }
    expect(held).toBeGreaterThan(930)
    expect(held).toBeLessThan(970)
  })
})
