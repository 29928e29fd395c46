import type {Method} from '../methods/method.js'
import type {Environment} from './environment.js'
import type {Ballast, ThpMode} from './runner.js'
import type {TimeName} from './samples.js'
import type {Interval} from './statistics/interval.js'
import type {Summary} from './statistics/spread.js'

export const schema = 'spawnctl-bench/1'

/** One row of the table at one ballast. */
export interface RowResult extends Ballast {
  /** E.g. "clone", "node:child_process", "python3". */
  readonly row: string
  /** Null for a row that is not of this project. */
  readonly method: Method | null
  /** What really created the children, as the runner tells it. */
  readonly systemCall: string
  readonly iterations: number
  readonly callerBlockedNs: Summary
  readonly spawnToExitNs: Summary
  /**
   * Mean spawn to exit over that of the fastest row at the same ballast, with the interval of blocks paired by round.
   * The fastest has 1 and [1, 1]; no interval is known from one block.
   */
  readonly ratio: {readonly toFastest: number; readonly ci95: Interval | null}
  /** Of mean spawn to exit: how many a second, one after another. */
  readonly spawnsPerSecond: number
  /** Iterations of which either time is beyond Tukey's outer fences (3 interquartile ranges); they are counted in. */
  readonly outliers: number
  /** How many consecutive samples each block has: between two, other rows were measured. */
  readonly blockSizes: readonly number[]
  /** Only in exports. */
  readonly samplesNs?: Readonly<Record<TimeName, readonly number[]>> | undefined
}

/**
 * A line over memory, everything else in the ballast being as told. It has one point a size, the median of the block
 * medians: blocks of one size were measured in few visits, so counting each would claim more than was seen.
 */
export interface Fit extends Omit<Ballast, 'memoryBytes'> {
  readonly row: string
  readonly time: TimeName
  readonly slopeNsPerMiB: number
  /** The slope's. */
  readonly ci95: Interval
  readonly interceptNs: number
  readonly r2: number
}

/** Why the figures may be doubtful, and what to try. */
export interface Warning {
  readonly code: string
  readonly message: string
  readonly next: string
}

export interface Scenario {
  readonly program: string
  readonly args: readonly string[]
  readonly rows: readonly string[]
  readonly memoryBytes: readonly number[]
  readonly mappings: readonly number[]
  readonly thp: readonly ThpMode[]
  readonly mappedBytes: readonly number[]
  readonly threads: readonly number[]
  /** Bytes of every child's environment. */
  readonly environmentBytes: number
  readonly iterations: number
  readonly warmup: number
  readonly seed: number
}

export interface BenchResult {
  readonly schema: typeof schema
  readonly startedAt: string
  /** False when it was interrupted: what was measured until then. */
  readonly complete: boolean
  readonly environment: Environment
  readonly scenario: Scenario
  readonly results: readonly RowResult[]
  readonly fits: readonly Fit[]
  readonly warnings: readonly Warning[]
}
