import {describe, expect, it} from 'vitest'
import {parityLines, showDuration} from '../../../src/report/bench/parity.js'
import {sampleBenchResult} from '../../helpers/sample-bench-result.js'

describe('the article’s own lines', () => {
  it.each([
    [5_400_743_724, '5.400743724s'],
    [540_074, '540.074µs'],
    [4_068_149_021, '4.068149021s'],
    [2_000_000_000, '2s'],
    [1_500_000, '1.5ms'],
    [1000, '1µs'],
    [999, '999ns'],
    [0, '0ns'],
  ])('print %d ns as Rust prints a Duration: %s', (ns, text) => {
    expect(showDuration(ns)).toBe(text)
  })

  it('sum up the samples', () => {
    const result = sampleBenchResult({rows: ['fork'], iterations: 40})
    const [{samplesNs}] = result.results as [(typeof result.results)[0]]
    const total = samplesNs!.spawnToExit.reduce((sum, ns) => sum + ns, 0)
    expect(parityLines(result)).toBe(
      `ran fork + execve + wait 40 times in ${showDuration(total)} (avg. ${showDuration(Math.floor(total / 40))} / iteration)\n`,
    )
  })

  it.each([
    ['clone', 'clone(CLONE_VM | CLONE_VFORK) + execve + wait'],
    ['clone-vm', 'clone(CLONE_VM) + execve + wait'],
    ['posix_spawn', 'posix_spawn + wait'],
    ['rust', 'std::process::Command::{spawn + wait}'],
    ['python3', 'python3: spawn + wait'],
  ])('name %s as the article does: %s', (row, name) => {
    expect(parityLines(sampleBenchResult({rows: [row], iterations: 20}))).toMatch(`ran ${name} 20 times in `)
  })

  it('say which ballast they are for when there are several', () => {
    const lines = parityLines(sampleBenchResult({rows: ['fork'], memoryBytes: [0, 2 ** 30], iterations: 20})).split(
      '\n',
    )
    expect(lines.map(line => line.slice(0, 8))).toEqual(['# no bal', 'ran fork', '# 1 GiB ', 'ran fork', ''])
  })
})
