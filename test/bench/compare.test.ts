import {uniformFloat64} from 'pure-rand/distribution/uniformFloat64'
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus'
import {describe, expect, it} from 'vitest'
import {compare, type Difference} from '../../src/bench/compare.js'
import type {BenchResult} from '../../src/bench/result.js'
import {summarize} from '../../src/bench/summarize.js'
import {noBallast} from '../helpers/fake-runner.js'
import {sampleBenchResult} from '../helpers/sample-bench-result.js'

/** A run whose every block lies somewhere else, as on a real machine. */
function run(
  seed: number,
  {
    factor = 1,
    memoryBytes = [0],
    rows = ['fork'],
    program = '/bin/echo',
  }: {
    factor?: number
    memoryBytes?: readonly number[]
    rows?: readonly string[]
    program?: string
  } = {},
): BenchResult {
  const random = xoroshiro128plus(seed)
  const uniform = () => uniformFloat64(random)
  const block = () => {
    const level = factor * 100_000 * (1 + 0.1 * uniform())
    const callerBlocked = Array.from({length: 50}, () => level * (1 + 0.2 * uniform()))
    return {callerBlocked, spawnToExit: callerBlocked.map(ns => 5 * ns)}
  }
  const measured = memoryBytes.flatMap(bytes =>
    rows.map(row => ({
      row,
      ballast: {...noBallast, memoryBytes: bytes},
      systemCall: row,
      blocks: Array.from({length: 40}, block),
    })),
  )
  const sample = sampleBenchResult({rows, memoryBytes, iterations: 20, program})
  return {...sample, ...summarize(measured)}
}

function verdicts(base: BenchResult, other: BenchResult): readonly Difference['verdict'][] {
  const {differences} = compare([
    {name: 'a', result: base},
    {name: 'b', result: other},
  ])
  return differences.map(({verdict}) => verdict)
}

describe('the comparison of two results', () => {
  it('shows no difference between runs of the same kind, nearly always', () => {
    const all = Array.from({length: 100}, (_, i) => verdicts(run(2 * i), run(2 * i + 1))).flat()
    expect(all.filter(verdict => verdict !== 'no difference shown').length).toBeLessThanOrEqual(2)
  })

  it.each([
    [1.03, 'no difference shown'],
    [1.25, 'slower'],
    [0.8, 'faster'],
    [70, 'slower'],
  ] as const)('of a run that takes %d times as long it says: %s', (factor, verdict) => {
    expect(verdicts(run(1), run(2, {factor}))).toEqual([verdict, verdict])
  })

  it('says by how much, with an interval that holds it', () => {
    const [difference] = compare([
      {name: 'a', result: run(1)},
      {name: 'b', result: run(2, {factor: 3})},
    ]).differences as [Difference]
    expect(difference.ratio).toBeCloseTo(3, 1)
    expect(difference.ci95![0]).toBeLessThan(3)
    expect(difference.ci95![1]).toBeGreaterThan(3)
    expect(difference.p).toBeLessThan(1e-6)
    expect(difference.p50Ns[1] / difference.p50Ns[0]).toBeCloseTo(3, 0)
  })

  it('compares rows under the same ballast where there are several', () => {
    const several = run(1, {memoryBytes: [0, 4096], rows: ['fork', 'clone']})
    const {differences, warnings} = compare([
      {name: 'a', result: several},
      {name: 'b', result: run(2, {memoryBytes: [4096], rows: ['clone', 'vfork']})},
    ])
    expect(differences.map(({row, ballast}) => [row, ballast[0].memoryBytes, ballast[1].memoryBytes])).toEqual([
      ['clone', 4096, 4096],
      ['clone', 4096, 4096],
    ])
    expect(warnings.map(({code}) => code)).toEqual(['unmatched'])
  })

  it('compares one ballast with another where that is the question, and says so', () => {
    const {differences, warnings} = compare([
      {name: 'small', result: run(1)},
      {name: 'large', result: run(2, {factor: 100, memoryBytes: [2 ** 30]})},
    ])
    expect(differences.map(({verdict}) => verdict)).toEqual(['slower', 'slower'])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]!.message).toBe(
      'small was measured with no ballast, large with 1 GiB of touched memory: rows are compared by name.',
    )
  })

  it('refuses results without a row in common', () => {
    expect(() => verdicts(run(1), run(2, {rows: ['clone']}))).toThrow('a and b have no row in common')
  })

  it('warns of another program, and of files without samples', () => {
    const bare = run(2, {program: '/bin/true'})
    const results = bare.results.map(({samplesNs: _, ...figures}) => figures)
    const {differences, warnings} = compare([
      {name: 'a', result: run(1)},
      {name: 'b', result: {...bare, results}},
    ])
    expect(warnings.map(({code}) => code)).toEqual(['other-program', 'no-samples'])
    expect(differences[0]).toMatchObject({ci95: null, p: null, verdict: 'no difference shown'})
  })
})
