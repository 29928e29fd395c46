import {describe, expect, it} from 'vitest'
import {measure} from '../../src/bench/measure.js'
import {Account} from '../../src/bench/progress.js'
import {schedule} from '../../src/bench/schedule.js'
import {FakeRunner, noBallast} from '../helpers/fake-runner.js'

const ballasts = [{...noBallast}, {...noBallast, memoryBytes: 1024}]
const rows = ['fork', 'clone', 'node']
const visits = schedule(
  ballasts.map(ballast => ({ballast, rows})),
  {iterations: 60, warmup: 2, seed: 7},
)

function fakes(): [FakeRunner, FakeRunner] {
  const sample = (row: string, index: number, {memoryBytes}: {memoryBytes: number}) => ({
    blocked: rows.indexOf(row) * 1e6 + memoryBytes * 1000 + index,
    exit: 5e9 + index,
  })
  return [new FakeRunner(['clone', 'fork'], sample), new FakeRunner(['node'], sample)]
}

describe('a measurement', () => {
  it('has every counted sample of every row, by ballast, in the order measured', async () => {
    const {measured, complete} = await measure(visits, fakes(), {ballasts, rows})
    expect(complete).toBe(true)
    expect(measured.map(({row, ballast, systemCall}) => [row, ballast.memoryBytes, systemCall])).toEqual(
      [0, 1024].flatMap(bytes => rows.map(row => [row, bytes, `${row}()`])),
    )
    for (const {row, ballast, blocks} of measured) {
      const blocked = blocks.flatMap(({callerBlocked}) => callerBlocked)
      const base = rows.indexOf(row) * 1e6 + ballast.memoryBytes * 1000
      expect(blocked).toHaveLength(60)
      expect(blocked).toEqual([...blocked].sort((a, b) => a - b))
      expect(blocked.every(value => value >= base && value < base + 1000)).toBe(true)
    }
    // Two rows' warm-ups a visit do not count: 10 visits of 2 are missing among the indices.
    const indices = measured.filter(({row}) => row === 'fork').flatMap(({blocks}) => blocks.flatMap(b => b.spawnToExit))
    expect(new Set(indices).size).toBe(120)
    expect(Math.max(...indices) - 5e9).toBe(139)
  })

  it('runs no two blocks at once, and has the ballast changed before', async () => {
    const runners = fakes()
    let running = 0
    for (const runner of runners) {
      const run = runner.run.bind(runner)
      runner.run = async (row, count) => {
        expect(++running).toBe(1)
        await new Promise(resolve => setImmediate(resolve))
        running--
        return run(row, count)
      }
    }
    await measure(visits, runners, {ballasts, rows})
    for (const {log} of runners)
      expect(log.filter(line => line.startsWith('carry'))).toEqual(
        visits.map(({ballast}) => `carry ${ballast.memoryBytes}`),
      )
  })

  it('gives what it has when it is interrupted, and closes the runners', async () => {
    const runners = fakes()
    const controller = new AbortController()
    let steps = 0
    const run = runners[0].run.bind(runners[0])
    runners[0].run = (row, count) => {
      if (controller.signal.aborted) throw new Error('closed')
      return run(row, count)
    }
    const onStep = () => {
      if (++steps === 30) controller.abort()
    }
    const {measured, complete} = await measure(visits, runners, {ballasts, rows}, {onStep, signal: controller.signal})
    expect(complete).toBe(false)
    expect(measured.length).toBeGreaterThan(0)
    expect(runners.map(({log}) => log.filter(line => line === 'close').length)).toEqual([1, 1])
  })

  it('passes an error on', async () => {
    const runners = fakes()
    runners[1].run = () => Promise.reject(new Error('it died'))
    await expect(measure(visits, runners, {ballasts, rows})).rejects.toThrow('it died')
  })
})

describe('the progress', () => {
  it('counts the iterations and tells the time left by row and ballast', async () => {
    const account = new Account(visits)
    const perIterationMs: Record<string, number> = {fork: 10, clone: 1, node: 3}
    let left = Number.NaN
    let last: ReturnType<Account['after']> | undefined
    const spentMs: number[] = []
    await measure(
      visits,
      fakes(),
      {ballasts, rows},
      {
        onStep: step => {
          const elapsedMs = step.block.count * perIterationMs[step.block.row]!
          spentMs.push(elapsedMs)
          last = account.after({...step, elapsedMs})
          if (last.doneIterations === 24) left = last.leftMs
        },
      },
    )
    expect(last).toEqual({doneIterations: 420, totalIterations: 420, leftMs: 0})
    const total = spentMs.reduce((sum, ms) => sum + ms, 0)
    expect(total).toBe(140 * 14)
    expect(left).toBeGreaterThan(total / 2)
  })
})
