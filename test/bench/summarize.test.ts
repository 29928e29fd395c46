import {describe, expect, it} from 'vitest'
import {measure} from '../../src/bench/measure.js'
import type {Ballast} from '../../src/bench/runner.js'
import {schedule} from '../../src/bench/schedule.js'
import {summarize} from '../../src/bench/summarize.js'
import {FakeRunner, noBallast} from '../helpers/fake-runner.js'

const MiB = 2 ** 20

async function results(
  sample: (row: string, index: number, ballast: Ballast) => {blocked: number; exit: number},
  {rows = ['fork', 'clone'], memoryBytes = [0], iterations = 40} = {},
) {
  const ballasts = memoryBytes.map(bytes => ({...noBallast, memoryBytes: bytes}))
  const wanted = ballasts.map(ballast => ({ballast, rows}))
  const visits = schedule(wanted, {iterations, warmup: 0, seed: 3})
  const {measured} = await measure(visits, [new FakeRunner(rows, sample)], {ballasts, rows})
  return summarize(measured)
}

describe('the figures of known samples', () => {
  it('are those that one computes by hand: 1 to 40 µs', async () => {
    const {
      results: [result],
    } = await results((_, i) => ({blocked: 1000 * (i + 1), exit: 100_000}), {rows: ['fork']})
    expect(result).toMatchObject({row: 'fork', method: 'fork', systemCall: 'fork()', iterations: 40, outliers: 0})
    expect(result!.callerBlockedNs).toMatchObject({mean: 20_500, min: 1000, p50: 20_500, p90: 36_100, max: 40_000})
    expect(result!.callerBlockedNs.p99).toBeCloseTo(39_610, 6)
    expect(result!.callerBlockedNs.sd).toBeCloseTo(11_690.4519, 4)
    expect(result!.spawnToExitNs).toMatchObject({mean: 100_000, sd: 0, ci95: [100_000, 100_000]})
    expect(result!.spawnsPerSecond).toBe(10_000)
    expect(result!.samplesNs!.callerBlocked).toEqual(Array.from({length: 40}, (_, i) => 1000 * (i + 1)))
  })

  it('compare each row with the fastest under the same ballast', async () => {
    const exit = (row: string, {memoryBytes}: Ballast) => (row === 'fork' ? 200 + memoryBytes / 1024 : 100)
    const {results: rows} = await results((row, _, ballast) => ({blocked: 10, exit: exit(row, ballast)}), {
      memoryBytes: [0, MiB],
    })
    expect(rows.map(({ratio}) => ratio.toFastest)).toEqual([2, 1, 12.24, 1])
    expect(rows.map(({ratio}) => ratio.ci95)).toEqual([
      [2, 2],
      [1, 1],
      [12.24, 12.24],
      [1, 1],
    ])
  })

  it('count what is far out in either time, and leave it in', async () => {
    const {
      results: [result],
    } = await results((_, i) => ({blocked: i === 5 ? 1e6 : 100 + i, exit: i === 7 ? 1e9 : 1000 + i}), {rows: ['clone']})
    expect(result!.outliers).toBe(2)
    expect(result!.callerBlockedNs.max).toBe(1e6)
    expect(result!.iterations).toBe(40)
  })

  it('tell the line over memory, from the medians of the blocks', async () => {
    const memoryBytes = [0, MiB, 2 * MiB, 4 * MiB]
    const {fits} = await results(
      (row, _, {memoryBytes}) => {
        const blocked = row === 'fork' ? 80_000 + (18_000 * memoryBytes) / MiB : 70_000
        return {blocked, exit: 2 * blocked}
      },
      {memoryBytes},
    )
    const found = fits.map(({row, time, slopeNsPerMiB, interceptNs, r2}) => [row, time, slopeNsPerMiB, interceptNs, r2])
    expect(found).toEqual([
      ['fork', 'callerBlocked', 18_000, 80_000, 1],
      ['fork', 'spawnToExit', 36_000, 160_000, 1],
      ['clone', 'callerBlocked', 0, 70_000, 1],
      ['clone', 'spawnToExit', 0, 140_000, 1],
    ])
  })

  it('have no line from two sizes, and no interval from one block', async () => {
    const {
      fits,
      results: [result],
    } = await results(() => ({blocked: 1, exit: 2}), {memoryBytes: [0, MiB], iterations: 1})
    expect(fits).toEqual([])
    expect(result!.spawnToExitNs.ci95).toBeNull()
    expect(result!.ratio.ci95).toEqual([1, 1])
  })
})
