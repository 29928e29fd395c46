import type {Samples} from './samples.js'

export const thpModes = ['never', 'always'] as const
export type ThpMode = (typeof thpModes)[number]

/** What the runner's own memory is made of while it spawns. */
export interface Ballast {
  /** Touched, page by page. */
  readonly memoryBytes: number
  /** Further mappings of one page each that cannot be merged. */
  readonly mappings: number
  /** Whether huge pages back the touched memory. */
  readonly thp: ThpMode
  /** Merely mapped: never touched. */
  readonly mappedBytes: number
  /** Further threads, asleep. */
  readonly threads: number
}

/** A process that holds ballast and spawns on command: the native one, Node, or another language's. */
export interface Runner {
  /** What it can measure, e.g. the methods, or "node:child_process". */
  readonly rows: readonly string[]
  /** Why it cannot carry this, to go on with after a colon; undefined when it can. Without it: it can carry anything. */
  refusal?(ballast: Ballast): string | undefined
  /** Replaces the ballast. */
  carry(ballast: Ballast): Promise<void>
  /** Spawns this often, one after another, each time to the end. */
  run(row: string, count: number): Promise<{samples: Samples; systemCall: string}>
  /** Ends the process, whatever it does. */
  close(): Promise<void>
}
