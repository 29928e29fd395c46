import {describe, expect, it} from 'vitest'
import {benchOptions} from '../../src/bench/options.js'
import {readBenchRequest} from '../../src/bench/request.js'
import {parseOptions} from '../../src/exec/command-line.js'

function read(...words: string[]) {
  return readBenchRequest(parseOptions(words, benchOptions), () => 99)
}

describe('a request for a measurement', () => {
  it('measures the article’s table without options', () => {
    expect(read()).toEqual({
      rows: ['fork', 'vfork', 'posix_spawn', 'clone', 'clone-vm', 'zygote', 'node:child_process', 'spawnctl library'],
      peers: [],
      sweep: false,
      memoryBytes: [0],
      mappedBytes: [0],
      mappings: [0],
      threads: [0],
      thp: ['never'],
      environmentBytes: 0,
      iterations: 10_000,
      warmup: 10,
      seed: 99,
    })
  })

  it.each([
    [['--methods', 'fork,library'], {rows: ['fork', 'spawnctl library']}],
    [['--methods', 'fork,fork'], {rows: ['fork']}],
    [['-n', '5', '--warmup', '0', '--seed', '3'], {iterations: 5, warmup: 0, seed: 3}],
    [['--quick'], {iterations: 300}],
    [['--quick', '-n', '50'], {iterations: 50}],
    [['--memory', '0, 64M,1G'], {memoryBytes: [0, 67_108_864, 1_073_741_824], sweep: false, iterations: 10_000}],
    [['--memory', 'sweep'], {sweep: true, iterations: 200}],
    [['--mappings', '0,1000', '--threads', '4'], {mappings: [0, 1000], threads: [4]}],
    [['--thp', 'both'], {thp: ['never', 'always']}],
    [['--environment', '64K'], {environmentBytes: 65_536}],
    [['--peers', 'rust,python3'], {peers: ['rust', 'python3']}],
  ])('reads %j', (words, expected) => {
    expect(read(...words)).toMatchObject(expected)
  })

  it.each([
    [['--methods', 'spoon'], /--methods does not know "spoon"/],
    [['--methods', 'fork,,clone'], /--methods has an empty place/],
    [['-n', '0'], /--iterations wants a whole number from 1 to 10000000, not "0"/],
    [['-n', 'many'], /--iterations wants/],
    [['--warmup', '-1'], /begins with "-"|--warmup wants/],
    [['--warmup', '1.5'], /--warmup wants/],
    [['--memory', '1X'], /--memory wants sizes/],
    [['--mappings', '-5'], /begins with "-"|--mappings wants/],
    [['--thp', 'maybe'], /--thp does not know "maybe"/],
    [['--environment', '1G'], /more than execve takes/],
    [['--seed', '99999999999'], /--seed wants/],
    [['--memroy', '0'], /unknown option --memroy/],
  ])('refuses %j', (words, message) => {
    expect(() => read(...words)).toThrow(message)
  })
})
