/** Nanoseconds, one of each per iteration, in the order measured. */
export interface Samples {
  /** From the call until the caller could go on. */
  readonly callerBlocked: readonly number[]
  /** From the call until the child's exit was known. */
  readonly spawnToExit: readonly number[]
}

export const timeNames = ['callerBlocked', 'spawnToExit'] as const
export type TimeName = (typeof timeNames)[number]
