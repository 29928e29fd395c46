import {uniformFloat64} from 'pure-rand/distribution/uniformFloat64'
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus'
import type {Measured} from '../../src/bench/measured.js'
import {type BenchResult, schema} from '../../src/bench/result.js'
import {summarize} from '../../src/bench/summarize.js'
import {noBallast} from './fake-runner.js'

const blockCount = 20

/** Microseconds: what a row costs with no ballast, and each further MiB. */
const costs: Readonly<Record<string, {blocked: number; exit: number; perMiB: number; call: string}>> = {
  fork: {blocked: 81, exit: 690, perMiB: 17.9, call: 'fork'},
  vfork: {blocked: 73, exit: 512, perMiB: 0, call: 'vfork'},
  posix_spawn: {blocked: 126, exit: 566, perMiB: 0, call: 'posix_spawn'},
  clone: {blocked: 74, exit: 508, perMiB: 0, call: 'clone3'},
  'clone-vm': {blocked: 20, exit: 514, perMiB: 0, call: 'clone3'},
  zygote: {blocked: 96, exit: 655, perMiB: 0, call: 'clone'},
  'node:child_process': {blocked: 840, exit: 2100, perMiB: 19.2, call: 'fork'},
  'spawnctl library': {blocked: 160, exit: 1300, perMiB: 0, call: 'clone3'},
  python3: {blocked: 610, exit: 1150, perMiB: 0, call: 'vfork'},
  rust: {blocked: 131, exit: 574, perMiB: 0, call: 'posix_spawn'},
}

/**
 * What a measurement could have given, with no clock and no process: figures near those of a small virtual machine.
 * @param iterations a multiple of 20
 * @param rows of which those unknown here cost as much as clone
 */
export function sampleBenchResult({
  rows = Object.keys(costs),
  memoryBytes = [0],
  iterations = 200,
  program = '/bin/echo',
}: {
  rows?: readonly string[]
  memoryBytes?: readonly number[]
  iterations?: number
  program?: string
} = {}): BenchResult {
  const random = xoroshiro128plus(4)
  const uniform = () => uniformFloat64(random)
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  /** A long tail, and now and then the scheduler. */
  const noise = () => Math.exp(Math.abs(normal()) * 0.12) * (uniform() < 0.004 ? 2 + 12 * uniform() : 1)

  const samplesOf = (row: string, bytes: number): Measured => {
    const {blocked, exit, perMiB, call} = costs[row] ?? (costs.clone as (typeof costs)[string])
    const copied = (perMiB * bytes) / 2 ** 20
    const blocks = Array.from({length: blockCount}, () => {
      const callerBlocked = Array.from({length: iterations / blockCount}, () =>
        Math.round((blocked + copied) * 1e3 * noise()),
      )
      const spawnToExit = callerBlocked.map(ns => ns + Math.round((exit - blocked + copied) * 1e3 * noise()))
      return {callerBlocked, spawnToExit}
    })
    return {row, ballast: {...noBallast, memoryBytes: bytes}, systemCall: call, blocks}
  }

  return {
    schema,
    startedAt: '2025-11-24T00:31:02.114Z',
    complete: true,
    environment: {
      kernel: '6.1.0-28-amd64',
      arch: 'x64',
      libc: 'glibc 2.36',
      cpu: {model: 'AMD EPYC 7B13', count: 2, governor: null},
      virtualisation: 'kvm',
      memory: {totalBytes: 24 * 2 ** 30, availableBytes: 22 * 2 ** 30, swapBytes: 0},
      hugePages: 'madvise',
      overcommit: 0,
      loadAverage: [0.42, 0.31, 0.18],
      versions: {node: '20.20.2', spawnctl: '0.1.0'},
    },
    scenario: {
      program,
      args: [],
      rows,
      memoryBytes,
      mappings: [0],
      thp: ['never'],
      mappedBytes: [0],
      threads: [0],
      environmentBytes: 0,
      iterations,
      warmup: 20,
      seed: 4,
    },
    ...summarize(memoryBytes.flatMap(bytes => rows.map(row => samplesOf(row, bytes)))),
    warnings: [
      {
        code: 'outliers',
        message: '42 of 10000 iterations of fork are far beyond the others: something else used the processor.',
        next: 'Quit other programs, or measure more with --iterations 30000.',
      },
    ],
  }
}
