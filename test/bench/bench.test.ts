import {describe, expect, it} from 'vitest'
import {bench} from '../../src/bench/bench.js'
import type {BenchRequest} from '../../src/bench/request.js'
import type {Runner} from '../../src/bench/runner.js'
import {SpawnctlError} from '../../src/errors.js'
import {FakeRunner} from '../helpers/fake-runner.js'
import {sampleBenchResult} from '../helpers/sample-bench-result.js'

const request: BenchRequest = {
  rows: ['fork', 'clone'],
  peers: [],
  sweep: false,
  memoryBytes: [0, 4096],
  mappings: [0],
  thp: ['never'],
  mappedBytes: [0],
  threads: [0],
  environmentBytes: 0,
  iterations: 40,
  warmup: 1,
  seed: 1,
}

/** fork costs 100 µs, and 1 µs more for each KiB; clone always 50 µs. */
const runner = () =>
  new FakeRunner(['fork', 'clone'], (row, _, {memoryBytes}) => {
    const blocked = row === 'clone' ? 50_000 : 100_000 + memoryBytes
    return {blocked, exit: 2 * blocked}
  })

function on(runners: readonly Runner[]) {
  return {
    program: {path: '/bin/echo', args: ['hi'], env: {}},
    runners,
    environment: sampleBenchResult().environment,
    tracerPid: 0,
    leftOut: [],
  }
}

describe('a measurement', () => {
  it('tries every row once before anything is measured', async () => {
    const fake = runner()
    await bench(request, on([fake]))
    expect(fake.log.slice(0, 3)).toEqual(['carry 0', 'run fork 1', 'run clone 1'])
    const runs = fake.log.slice(3).filter(line => line.startsWith('run clone'))
    expect(runs.reduce((sum, line) => sum + Number(line.split(' ')[2]), 0)).toBe(2 * 40 + 5 * 2 * 1)
  })

  it('tells the figures of the samples, the scenario and what really ran', async () => {
    const {results, scenario, complete, warnings} = await bench(request, on([runner()]))
    expect(complete).toBe(true)
    expect(warnings.map(({code}) => code)).toEqual(['few-iterations'])
    expect(scenario).toMatchObject({program: '/bin/echo', args: ['hi'], rows: ['fork', 'clone'], seed: 1})
    expect(results.map(({row, memoryBytes, spawnToExitNs}) => [row, memoryBytes, spawnToExitNs.mean])).toEqual([
      ['fork', 0, 200_000],
      ['clone', 0, 100_000],
      ['fork', 4096, 208_192],
      ['clone', 4096, 100_000],
    ])
    expect(results[0]?.ratio.toFastest).toBe(2)
    expect(results[0]?.systemCall).toBe('fork()')
  })

  it('leaves out what a runner cannot carry, and says so', async () => {
    const small = Object.assign(new FakeRunner(['node'], () => ({blocked: 1, exit: 2})), {
      refusal: ({memoryBytes}: {memoryBytes: number}) => (memoryBytes > 0 ? 'it is too small' : undefined),
    })
    const {results, warnings} = await bench(request, on([runner(), small]))
    expect(results.filter(({row}) => row === 'node').map(({memoryBytes}) => memoryBytes)).toEqual([0])
    expect(warnings[0]).toMatchObject({
      code: 'left-out',
      message: 'node: not measured with 4 KiB of touched memory: it is too small.',
    })
  })

  it('spends no time on a program that fails', async () => {
    const failing = new FakeRunner(['fork'], () => {
      throw new SpawnctlError('E_BENCH_PROGRAM', 'the program /bin/false ended with exit code 1')
    })
    await expect(bench(request, on([failing]))).rejects.toThrow('exit code 1')
    expect(failing.log).toEqual(['carry 0', 'run fork 1'])
  })

  it('gives what was measured until it is interrupted', async () => {
    const interruption = new AbortController()
    const onProgress = ({doneIterations}: {doneIterations: number}) => doneIterations > 60 && interruption.abort()
    const closable = new FakeRunner(['fork', 'clone'], () => {
      if (interruption.signal.aborted) throw new SpawnctlError('E_BENCH_RUNNER', 'it was closed')
      return {blocked: 1000, exit: 2000}
    })
    const result = await bench(request, on([closable]), {onProgress, signal: interruption.signal})
    expect(result.complete).toBe(false)
    expect(result.warnings[0]?.code).toBe('interrupted')
    const measured = result.results.reduce((sum, {iterations}) => sum + iterations, 0)
    expect(measured).toBeGreaterThan(40)
    expect(measured).toBeLessThan(160)
    expect(closable.log).toContain('close')
  })
})
