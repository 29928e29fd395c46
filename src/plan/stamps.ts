/** Where a block's header has them, and the count of the calls; src/native/block.h. */
export const stampsAt = 160
const callCountAt = 28

/** src/native/block.h, enum stamp; the calls of the script follow, then execve and a failure. */
const callersStamps = 8
const stamps = {
  called: 0,
  creating: 1,
  resumed: 2,
  settled: 3,
  reaped: 4,
  timedOut: 5,
  killed: 6,
  treeEnded: 7,
  zygote: 8,
  began: 9,
  calls: 10,
} as const
const stampsAfterCalls = 2

/** Bytes that the stamps of a script take. */
export function stampBytes(calls: number): number {
  return (stamps.calls + calls + stampsAfterCalls) * 8
}

/** Moments of a spawn, in nanoseconds since the call; undefined: it did not come, or was not seen. */
export interface Stamps {
  /** Everything is prepared. */
  readonly creating: number | undefined
  /** The caller's thread can go on. */
  readonly resumed: number | undefined
  /** The caller knows that the program runs, or that it does not. */
  readonly settled: number | undefined
  /** The program has ended. */
  readonly reaped: number | undefined
  /** Its time was up, and it was sent the signal; then SIGKILL. */
  readonly timedOut: number | undefined
  readonly killed: number | undefined
  /** Nothing is left of what it has started. */
  readonly treeEnded: number | undefined
  /** The zygote begins to make the child. */
  readonly zygote: number | undefined
  /** The child runs. */
  readonly began: number | undefined
  /** Before each call of the script. */
  readonly calls: readonly (number | undefined)[]
  readonly execve: number | undefined
  readonly failed: number | undefined
}

/**
 * What the core has put into the room of a block that was lowered with `stamped`. A child that joins another time
 * namespace reads another clock: moments outside the caller's own are as good as unseen.
 */
export function readStamps(block: Uint8Array): Stamps {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const start = view.getUint32(stampsAt, true)
  const count = stampBytes(view.getUint32(callCountAt, true)) / 8
  const moments = Array.from({length: count}, (_, i) => view.getBigInt64(start + i * 8, true))
  const called = moments[stamps.called] as bigint
  const since = moments.map(moment => (moment === 0n ? undefined : Number(moment - called)))
  const last = Math.max(0, ...since.slice(0, callersStamps).map(moment => moment ?? 0))
  const seen = since.map(moment => (moment !== undefined && moment >= 0 && moment <= last ? moment : undefined))
  const {creating, resumed, settled, reaped, timedOut, killed, treeEnded, zygote, began} = stamps
  return {
    creating: seen[creating],
    resumed: seen[resumed],
    settled: seen[settled],
    reaped: seen[reaped],
    timedOut: seen[timedOut],
    killed: seen[killed],
    treeEnded: seen[treeEnded],
    zygote: seen[zygote],
    began: seen[began],
    calls: seen.slice(stamps.calls, -stampsAfterCalls),
    execve: seen.at(-2),
    failed: seen.at(-1),
  }
}
