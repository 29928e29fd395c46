import type {Method} from '../../methods/method.js'
import type {ProcessFacts} from './facts.js'

/** How long a spawn blocks its caller on this machine, and what each thing that the caller holds adds to fork. */
export interface Calibration {
  /** For a small caller. */
  readonly smallNs: Readonly<Record<Method, number>>
  readonly forkNsPerMiB: number
  readonly forkNsPerHugeMiB: number
  readonly forkNsPerMapping: number
}

export type Prediction = Readonly<Record<Method, number>>

const MiB = 2 ** 20

/** Whole nanoseconds for which each method would block this process. Only fork copies what it holds. */
export function predict(facts: ProcessFacts, calibration: Calibration): Prediction {
  const {smallNs, forkNsPerMiB, forkNsPerHugeMiB, forkNsPerMapping} = calibration
  const fork =
    smallNs.fork +
    (facts.copiedBytes / MiB) * forkNsPerMiB +
    (facts.copiedHugeBytes / MiB) * forkNsPerHugeMiB +
    facts.mappings * forkNsPerMapping
  const all = Object.entries({...smallNs, fork}).map(([method, ns]) => [method, Math.round(ns)])
  return Object.fromEntries(all) as Prediction
}
