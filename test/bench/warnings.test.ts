import {describe, expect, it} from 'vitest'
import {summarize} from '../../src/bench/summarize.js'
import {warningsFor} from '../../src/bench/warnings.js'
import {noBallast} from '../helpers/fake-runner.js'
import {sampleBenchResult} from '../helpers/sample-bench-result.js'

const quiet = sampleBenchResult({rows: ['clone'], iterations: 200}).environment
const level = (count: number, ns: number) => Array.from({length: count}, (_, i) => ns + (i % 7))

/** A calm measurement of one row, but for what is given. */
function evidence({
  blocks = Array.from({length: 20}, () => level(10, 1000)),
  environment = {},
  tracerPid = 0,
  complete = true,
  ballast = noBallast,
  thp = ['never'] as readonly ('never' | 'always')[],
}: {
  blocks?: readonly (readonly number[])[]
  environment?: object
  tracerPid?: number
  complete?: boolean
  ballast?: typeof noBallast
  thp?: readonly ('never' | 'always')[]
} = {}) {
  const samples = blocks.map(block => ({callerBlocked: block, spawnToExit: block.map(ns => 3 * ns)}))
  const iterations = blocks.flat().length
  const result = sampleBenchResult({rows: ['clone'], iterations: 200})
  return {
    ...result,
    ...summarize([{row: 'clone', ballast, systemCall: 'clone3', blocks: samples}]),
    environment: {...quiet, loadAverage: [0.1, 0.1, 0.1] as const, ...environment},
    scenario: {...result.scenario, iterations, thp},
    complete,
    tracerPid,
  }
}

const always = {...noBallast, memoryBytes: 2 ** 30, thp: 'always'} as const
const noisy = Array.from({length: 20}, (_, i) => level(10, i % 2 === 0 ? 1000 : 1500))
const outlying = Array.from({length: 20}, () => [...level(9, 1000), 100_000])
const cold = [level(10, 2000), ...Array.from({length: 29}, () => level(10, 1000))]

describe('a warning', () => {
  it('is not given for a calm measurement', () => {
    expect(warningsFor(evidence())).toEqual([])
  })

  it.each([
    ['traced', {tracerPid: 42}, /without debugger or strace/],
    ['load', {environment: {loadAverage: [1.5, 1, 1]}}, /--iterations/],
    ['governor', {environment: {cpu: {model: 'x', count: 2, governor: 'powersave'}}}, /cpupower/],
    ['huge-pages', {ballast: always, thp: ['always']}, /--thp both/],
    ['huge-pages-off', {ballast: always, environment: {hugePages: 'never'}}, /--thp never/],
    ['few-iterations', {blocks: [level(20, 1000), level(20, 1000)]}, /--iterations 1000/],
    ['noise', {blocks: noisy}, /--iterations 800/],
    ['outliers', {blocks: outlying}, /--warmup 100/],
    ['slow-start', {blocks: cold}, /--warmup 100/],
    ['interrupted', {complete: false}, /--iterations 50/],
  ] as const)('%s is given when there is reason to, and says what to type', (code, reason, next) => {
    const warnings = warningsFor(evidence(reason as Parameters<typeof evidence>[0]))
    expect(warnings.map(warning => warning.code)).toContain(code)
    expect(warnings.find(warning => warning.code === code)!.next).toMatch(next)
  })

  it('names the rows that it is about, and how many more', () => {
    const rows = ['fork', 'vfork', 'clone', 'zygote']
    const measured = rows.map(row => ({
      row,
      ballast: noBallast,
      systemCall: row,
      blocks: [{callerBlocked: level(20, 1000), spawnToExit: level(20, 3000)}],
    }))
    const [warning] = warningsFor({...evidence(), ...summarize(measured)})
    expect(warning!.message).toMatch(/^fork, vfork and 2 others ran 20 times/)
  })
})
