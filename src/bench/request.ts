import {UsageError} from '../errors.js'
import {methods} from '../methods/method.js'
import {isOn, lastValue, type OptionValues} from '../plan/option.js'
import {nodeRows} from './options.js'
import type {Scenario} from './result.js'
import {type ThpMode, thpModes} from './runner.js'
import {readBytes} from './size.js'

const GiB = 2 ** 30
/** The article's x axis, as far as the machine allows: twice as much each time, and two more to see the line. */
const sweepSizes = [0, GiB / 4, GiB / 2, GiB, 2 * GiB, 3 * GiB, 4 * GiB]
const defaults = {iterations: 10_000, sweepIterations: 200, quickIterations: 300, warmup: 10}
const mostIterations = 10_000_000
const mostMappings = 1_000_000
const mostThreads = 10_000
/** execve takes no more for arguments and environment together than a quarter of the stack limit, 2 MiB by default. */
const mostEnvironmentBytes = 2 ** 20

/** A measurement as asked for. */
export interface BenchRequest extends Omit<Scenario, 'program' | 'args' | 'rows'> {
  readonly rows: readonly string[]
  readonly peers: readonly string[]
  /** The sizes are a sweep's: those that do not fit may be left out. */
  readonly sweep: boolean
}

function number(values: OptionValues, name: string, least: number, most: number, otherwise: number): number {
  const text = lastValue(values, name)
  if (text === undefined) return otherwise
  if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
  throw new UsageError(`--${name} wants a whole number from ${least} to ${most}, not "${text}"`, {
    next: `--${name} ${otherwise}`,
  })
}

function list<T>(values: OptionValues, name: string, read: (item: string) => T, otherwise: readonly T[]): readonly T[] {
  const text = lastValue(values, name)
  if (text === undefined) return otherwise
  const items = text.split(',').map(item => item.trim())
  if (items.includes(''))
    throw new UsageError(`--${name} has an empty place in "${text}"`, {
      next: `--${name} ${items.filter(item => item !== '').join(',')}`,
    })
  return [...new Set(items.map(read))]
}

function readRow(word: string): string {
  if ((methods as readonly string[]).includes(word)) return word
  const row = nodeRows[word as keyof typeof nodeRows]
  if (row !== undefined) return row
  throw new UsageError(`--methods does not know "${word}"`, {
    next: `some of ${[...methods, ...Object.keys(nodeRows)].join(',')}`,
  })
}

function wholeNumbers(values: OptionValues, name: string, most: number): readonly number[] {
  const read = (item: string) => {
    if (/^\d+$/.test(item) && Number(item) <= most) return Number(item)
    throw new UsageError(`--${name} wants whole numbers from 0 to ${most}, not "${item}"`, {next: `--${name} 0,100`})
  }
  return list(values, name, read, [0])
}

/** @throws {UsageError} */
export function readBenchRequest(values: OptionValues, freshSeed: () => number): BenchRequest {
  const sweep = lastValue(values, 'memory') === 'sweep'
  const quick = isOn(values, 'quick')
  const usual = quick ? defaults.quickIterations : sweep ? defaults.sweepIterations : defaults.iterations
  const thp = (lastValue(values, 'thp') ?? 'never') as ThpMode | 'both'
  const environment = lastValue(values, 'environment')
  const environmentBytes = environment === undefined ? 0 : readBytes(environment, 'environment')
  if (environmentBytes > mostEnvironmentBytes)
    throw new UsageError('--environment is more than execve takes', {next: '--environment 1M at most'})
  return {
    rows: list(values, 'methods', readRow, [...methods, ...Object.values(nodeRows)]),
    peers: list(values, 'peers', item => item, []),
    sweep,
    memoryBytes: sweep ? sweepSizes : list(values, 'memory', item => readBytes(item, 'memory'), [0]),
    mappedBytes: list(values, 'mapped', item => readBytes(item, 'mapped'), [0]),
    mappings: wholeNumbers(values, 'mappings', mostMappings),
    threads: wholeNumbers(values, 'threads', mostThreads),
    thp: thp === 'both' ? thpModes : [thp],
    environmentBytes,
    iterations: number(values, 'iterations', 1, mostIterations, usual),
    warmup: number(values, 'warmup', 0, mostIterations, defaults.warmup),
    seed: number(values, 'seed', 0, 2 ** 31 - 1, freshSeed()),
  }
}
