import {mean} from 'simple-statistics'
import {isMethod} from '../methods/method.js'
import {sameBallast} from './ballast.js'
import {fitsOf} from './fits.js'
import type {Measured} from './measured.js'
import type {BenchResult, RowResult} from './result.js'
import type {Samples} from './samples.js'
import {type Interval, ratioInterval} from './statistics/interval.js'
import {isFarOut, summary} from './statistics/spread.js'

/** What a row's ratio to another is made from. */
interface Level {
  readonly measured: Measured
  readonly mean: number
  readonly blockMeans: readonly number[]
}

function levelOf(measured: Measured): Level {
  const exits = measured.blocks.map(block => block.spawnToExit)
  return {measured, mean: mean(exits.flat()), blockMeans: exits.map(block => mean(block))}
}

function ratioTo(fastest: Level, level: Level): RowResult['ratio'] {
  const ci95: Interval | null = level === fastest ? [1, 1] : ratioInterval(level, fastest)
  return {toFastest: level.mean / fastest.mean, ci95}
}

function countOutliers({callerBlocked, spawnToExit}: Samples): number {
  const [farBlocked, farExit] = [isFarOut(callerBlocked), isFarOut(spawnToExit)]
  return callerBlocked.filter((ns, i) => farBlocked(ns) || farExit(spawnToExit[i]!)).length
}

function rowResult({row, ballast, systemCall, blocks}: Measured, ratio: RowResult['ratio']): RowResult {
  const samplesNs = {
    callerBlocked: blocks.flatMap(block => block.callerBlocked),
    spawnToExit: blocks.flatMap(block => block.spawnToExit),
  }
  const spawnToExitNs = summary(blocks.map(block => block.spawnToExit))
  return {
    row,
    method: isMethod(row) ? row : null,
    systemCall,
    ...ballast,
    iterations: samplesNs.spawnToExit.length,
    callerBlockedNs: summary(blocks.map(block => block.callerBlocked)),
    spawnToExitNs,
    ratio,
    spawnsPerSecond: 1e9 / spawnToExitNs.mean,
    outliers: countOutliers(samplesNs),
    blockSizes: blocks.map(block => block.spawnToExit.length),
    samplesNs,
  }
}

/** The figures of what was measured, samples included, in the order given; a row without samples has none. */
export function summarize(measured: readonly Measured[]): Pick<BenchResult, 'results' | 'fits'> {
  const levels = measured
    .map(one => ({...one, blocks: one.blocks.filter(block => block.spawnToExit.length > 0)}))
    .filter(({blocks}) => blocks.length > 0)
    .map(levelOf)
  const results = levels.map(level => {
    const rivals = levels.filter(other => sameBallast(other.measured.ballast, level.measured.ballast))
    const fastest = rivals.reduce((a, b) => (b.mean < a.mean ? b : a))
    return rowResult(level.measured, ratioTo(fastest, level))
  })
  return {results, fits: fitsOf(levels.map(level => level.measured))}
}
