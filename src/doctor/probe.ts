import type {Method} from '../methods/method.js'
import type {NotWell, Outcome} from './outcome.js'

/** What follows for spawnctl where a probe does not find what it looks for. */
export interface Consequence {
  /** Methods that do it another way, or cannot be used. */
  readonly methods: readonly Method[]
  /** Options of `exec` whose steps cannot be done. */
  readonly options: readonly string[]
  readonly text: string
}

export interface Probe {
  /** Stable: programs that read the JSON know it. */
  readonly id: string
  readonly title: string
  /** Without it `exec` cannot do what it is for: doctor leaves with 1. */
  readonly essential?: true
  /** Finds out; changes nothing in this process. */
  readonly probe: () => Outcome
  readonly consequence: Consequence
  /** What to do about it. */
  readonly advice: string | ((outcome: NotWell) => string)
}

export interface ProbeGroup {
  readonly id: string
  readonly title: string
  readonly probes: readonly Probe[]
}

/** For what concerns no method or no option by name. */
export const none = [] as const
