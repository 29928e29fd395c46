import {UsageError} from '../errors.js'
import {describeBallast, sameBallast} from './ballast.js'
import {blocksOf} from './blocks.js'
import type {Environment} from './environment.js'
import type {BenchResult, RowResult, Warning} from './result.js'
import type {Ballast} from './runner.js'
import {type TimeName, timeNames} from './samples.js'
import type {Interval} from './statistics/interval.js'
import {rankTest} from './statistics/rank-test.js'
import {ratioShift} from './statistics/shift.js'
import {median} from './statistics/spread.js'

type Verdict = 'faster' | 'slower' | 'no difference shown'

/** One time of one row in another result, beside the first one's. */
export interface Difference {
  /** The other result's. */
  readonly name: string
  readonly row: string
  readonly time: TimeName
  readonly ballast: readonly [base: Ballast, other: Ballast]
  readonly p50Ns: readonly [base: number, other: number]
  /** The other's to the first one's, by the medians of the blocks; of the medians of all where there are too few. */
  readonly ratio: number
  /** Null where a result has too few blocks, or came without samples. */
  readonly ci95: Interval | null
  /** How likely equal rows are to differ as much; null without samples. */
  readonly p: number | null
  readonly verdict: Verdict
}

export interface Comparison {
  readonly machines: readonly {name: string; startedAt: string; environment: Environment; program: readonly string[]}[]
  readonly differences: readonly Difference[]
  readonly warnings: readonly Warning[]
}

export interface Named {
  readonly name: string
  readonly result: BenchResult
}

/**
 * Two runs of the same kind differ by some percent: memory is laid out otherwise, the machine is warmer, another process
 * was there. What is called a difference must be clear of that, not only of chance within a run.
 */
const margin = 1.05
const likely = 0.01

/** Neighbouring samples are alike, so that each block counts once: by its median, which outliers do not move. */
function levels(result: RowResult, time: TimeName): readonly number[] {
  return blocksOf(result, time).map(median)
}

function verdictOf(ci95: Interval | null, p: number | null): Verdict {
  if (ci95 === null || p === null || p >= likely) return 'no difference shown'
  if (ci95[0] > margin) return 'slower'
  return ci95[1] < 1 / margin ? 'faster' : 'no difference shown'
}

function difference(name: string, base: RowResult, other: RowResult, time: TimeName): Difference {
  const p50Ns = [base[`${time}Ns`].p50, other[`${time}Ns`].p50] as const
  const [before, after] = [levels(base, time), levels(other, time)]
  const known = ratioShift(after, before)
  const ratio = known?.estimate ?? p50Ns[1] / p50Ns[0]
  const ci95 = known?.ci95 ?? null
  const p = before.length > 0 && after.length > 0 ? rankTest(after, before) : null
  return {
    name,
    row: base.row,
    time,
    ballast: [base, other].map(ballastOf) as never,
    p50Ns,
    ratio,
    ci95,
    p,
    verdict: verdictOf(ci95, p),
  }
}

function ballastOf({memoryBytes, mappings, thp, mappedBytes, threads}: Ballast): Ballast {
  return {memoryBytes, mappings, thp, mappedBytes, threads}
}

/** The ballasts of a result, when it has only one. */
function onlyBallast({results}: BenchResult): Ballast | undefined {
  const [first] = results
  return first !== undefined && results.every(result => sameBallast(result, first)) ? first : undefined
}

function pairs(base: BenchResult, other: BenchResult): readonly (readonly [RowResult, RowResult])[] {
  const single = onlyBallast(base) !== undefined && onlyBallast(other) !== undefined
  return base.results.flatMap(result => {
    const match = other.results.find(
      ({row, ...ballast}) => row === result.row && (single || sameBallast(ballast, result)),
    )
    return match === undefined ? [] : [[result, match] as const]
  })
}

function warningsOf(base: Named, other: Named, matched: number): readonly Warning[] {
  const warnings: Warning[] = []
  const say = (code: string, message: string, next: string) => warnings.push({code, message, next})
  const command = ({result: {scenario}}: Named) => [scenario.program, ...scenario.args].join(' ')
  if (command(base) !== command(other))
    say(
      'other-program',
      `${base.name} spawned ${command(base)}, ${other.name} ${command(other)}.`,
      'measure both with the same program',
    )
  const [one, another] = [onlyBallast(base.result), onlyBallast(other.result)]
  if (one !== undefined && another !== undefined && !sameBallast(one, another))
    say(
      'other-ballast',
      `${base.name} was measured with ${describeBallast(one)}, ${other.name} with ${describeBallast(another)}: rows are compared by name.`,
      'that is as it should be if the ballast is the question',
    )
  const alone = base.result.results.length + other.result.results.length - 2 * matched
  if (alone > 0)
    say(
      'unmatched',
      `${alone} rows of ${base.name} and ${other.name} are in only one of the two.`,
      'measure both with the same --methods, --peers and ballast',
    )
  if ([base, other].some(({result}) => result.results.some(({samplesNs}) => samplesNs === undefined)))
    say(
      'no-samples',
      'Without samples no difference can be shown.',
      'compare files of bench --export-json, which have them',
    )
  return warnings
}

/**
 * Compares each further result with the first.
 * @throws {UsageError} when they have no row in common
 */
export function compare([base, ...others]: readonly [Named, ...Named[]]): Comparison {
  const matches = others.map(other => ({other, pairs: pairs(base.result, other.result)}))
  const lone = matches.find(({pairs}) => pairs.length === 0)
  if (lone !== undefined)
    throw new UsageError(`${base.name} and ${lone.other.name} have no row in common`, {
      why: 'rows are compared that have the same name and were measured with the same ballast',
      next: 'measure both with the same --methods and --memory',
    })
  return {
    machines: [base, ...others].map(({name, result: {startedAt, environment, scenario}}) => ({
      ...{name, startedAt, environment},
      program: [scenario.program, ...scenario.args],
    })),
    differences: matches.flatMap(({other, pairs}) =>
      timeNames.flatMap(time => pairs.map(([before, after]) => difference(other.name, before, after, time))),
    ),
    warnings: matches.flatMap(({other, pairs}) => warningsOf(base, other, pairs.length)),
  }
}
