import type {Ballast} from './runner.js'
import type {Samples} from './samples.js'

/** A row's raw samples under one ballast. */
export interface Measured {
  readonly row: string
  readonly ballast: Ballast
  /** What really created the children, as the runner tells it. */
  readonly systemCall: string
  /** Between two blocks other rows were measured. */
  readonly blocks: readonly Samples[]
}
