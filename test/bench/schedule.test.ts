import {describe, expect, it} from 'vitest'
import {schedule, type Visit} from '../../src/bench/schedule.js'
import {noBallast} from '../helpers/fake-runner.js'

const rows = ['fork', 'vfork', 'clone', 'zygote']
const ballasts = [0, 1, 2, 3, 4, 5].map(memoryBytes => ({...noBallast, memoryBytes}))
const wanted = ballasts.map(ballast => ({ballast, rows}))

function blocks(visits: readonly Visit[], warmup: boolean) {
  return visits.flatMap(visit => visit.blocks.filter(block => block.warmup === warmup))
}

/** The rows of each round, in the order measured. */
function rounds({blocks}: Visit): string[][] {
  const counted = blocks.filter(({warmup}) => !warmup).map(({row}) => row)
  return Array.from({length: counted.length / rows.length}, (_, i) =>
    counted.slice(i * rows.length, (i + 1) * rows.length),
  )
}

describe('a schedule', () => {
  it.each([1, 7, 20, 99, 300, 1999, 10_000])('measures each row exactly %d times under each ballast', iterations => {
    const visits = schedule(wanted, {iterations, warmup: 3, seed: 1})
    for (const ballast of ballasts)
      for (const row of rows) {
        const own = blocks(
          visits.filter(visit => visit.ballast === ballast),
          false,
        ).filter(block => block.row === row)
        expect(own.reduce((sum, {count}) => sum + count, 0)).toBe(iterations)
        expect(Math.max(...own.map(({count}) => count))).toBeLessThanOrEqual(100)
        expect(own.length).toBeGreaterThanOrEqual(Math.min(20, iterations))
      }
  })

  it('has every row once in every round, each round in an order of its own', () => {
    const [visit] = schedule(wanted.slice(0, 1), {iterations: 10_000, warmup: 0, seed: 1}) as [Visit]
    for (const round of rounds(visit)) expect([...round].sort()).toEqual([...rows].sort())
    expect(new Set(rounds(visit).map(String)).size).toBe(24)
    const firsts = rounds(visit).map(([first]) => first)
    for (const row of rows) expect(firsts.filter(first => first === row).length).toBeGreaterThan(10)
  })

  it('comes back to every ballast, in orders of their own', () => {
    const visits = schedule(wanted, {iterations: 200, warmup: 0, seed: 1})
    const order = visits.map(({ballast}) => ballast.memoryBytes)
    const passes = Array.from({length: 5}, (_, i) => order.slice(i * 6, (i + 1) * 6))
    expect(order).toHaveLength(30)
    for (const pass of passes) expect([...pass].sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(new Set(passes.map(String)).size).toBeGreaterThan(1)
  })

  it('warms every row up after each change of the ballast', () => {
    for (const visit of schedule(wanted, {iterations: 50, warmup: 4, seed: 1})) {
      const first = visit.blocks.slice(0, rows.length)
      expect(first.map(({row}) => row).sort()).toEqual([...rows].sort())
      expect(first.every(({count, warmup}) => count === 4 && warmup)).toBe(true)
      expect(visit.blocks.slice(rows.length).some(({warmup}) => warmup)).toBe(false)
    }
  })

  it('is the same for the same seed, and another for another', () => {
    const of = (seed: number) => JSON.stringify(schedule(wanted, {iterations: 500, warmup: 2, seed}))
    expect(of(42)).toBe(of(42))
    expect(of(42)).not.toBe(of(43))
  })
})
