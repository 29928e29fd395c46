import {callNative} from './binding.js'
import {check, readSpawnResult, type SpawnResult, spawnResultBytes} from './core.js'

/** A pipe between this process and the child. An end that is not this object's to close any more is -1. */
export interface SyncPipe {
  nearEnd: number
  farEnd: number
  /** What the child reads before the end of it; undefined when it does not read. */
  readonly input: Uint8Array | undefined
  /** Whether the child writes. */
  readonly captures: boolean
}

export interface SyncLimits {
  /** From the call on, in milliseconds; 0 is none. */
  readonly timeoutMs: number
  /** Bytes of all pipes together; more of them end the child. Infinity is none. */
  readonly maxBuffer: number
  /** What ends a child that is over a limit. */
  readonly killSignal: number
}

/** struct sync_run: a spawn, and all until its end. */
export interface SyncResult extends SpawnResult {
  /** -1 when a signal ended it, or its end is not known. */
  readonly exitCode: number
  readonly signal: number
  /** errno, positive, of what went wrong after the spawn; 0 with nothing. */
  readonly syncErrno: number
  /** In the order of the pipes; null for one that the child does not write to. */
  readonly outputs: readonly (Buffer | null)[]
}

const pipeBytes = 56
const runBytes = spawnResultBytes + 40
const longest = 2n ** 64n - 1n

let ends = new Int32Array(32)
let endBytes = new Uint8Array(ends.buffer)

/** Connected sockets, close-on-exec, as [ours, the child's]. */
export function openSocketPairs(count: number): readonly (readonly [number, number])[] {
  if (2 * count > ends.length) {
    ends = new Int32Array(2 * count)
    endBytes = new Uint8Array(ends.buffer)
  }
  check(callNative('spawnctl_socketpairs', count, endBytes))
  return Array.from({length: count}, (_, i) => [ends[2 * i] as number, ends[2 * i + 1] as number])
}

/** Closes what the core has opened: Node warns of a descriptor that a worker thread closes and has not opened by Node. */
export function closeDescriptors(fds: readonly number[]): void {
  if (fds.length > 0) callNative('spawnctl_close', new Uint8Array(Int32Array.from(fds).buffer), fds.length)
}

function encodePipes(pipes: readonly SyncPipe[]): Uint8Array {
  const bytes = new Uint8Array(pipeBytes * pipes.length)
  const view = new DataView(bytes.buffer)
  let inputAt = 0
  pipes.forEach(({nearEnd, farEnd, input, captures}, i) => {
    const at = i * pipeBytes
    view.setInt32(at, nearEnd, true)
    view.setInt32(at + 4, farEnd, true)
    view.setUint32(at + 8, input === undefined ? 0 : 1, true)
    view.setUint32(at + 12, captures ? 1 : 0, true)
    view.setBigUint64(at + 16, BigInt(inputAt), true)
    view.setBigUint64(at + 24, BigInt(input?.length ?? 0), true)
    inputAt += input?.length ?? 0
  })
  return bytes
}

/** One input, the usual case, is not copied. */
function inputInARow(pipes: readonly SyncPipe[]): Uint8Array {
  const inputs = pipes.flatMap(({input}) => (input === undefined || input.length === 0 ? [] : [input]))
  return inputs.length === 1 ? (inputs[0] as Uint8Array) : Buffer.concat(inputs)
}

function wholeNumber(limit: number): bigint {
  return limit < Number.MAX_SAFE_INTEGER ? BigInt(Math.floor(limit)) : longest
}

const outputBytesAt = 40

/** Every byte of it is C's to write, so it need not be cleared. */
function takeOutput(pipe: DataView): Buffer {
  const output = Buffer.allocUnsafeSlow(Number(pipe.getBigUint64(outputBytesAt, true)))
  callNative('spawnctl_take_output', new Uint8Array(pipe.buffer, pipe.byteOffset, pipeBytes), output)
  return output
}

/** The core's copies are freed whatever happens: there may be more output than a Buffer can hold. */
function takeOutputs(pipes: readonly SyncPipe[], encoded: Uint8Array): readonly (Buffer | null)[] {
  const views = pipes.map((_, i) => new DataView(encoded.buffer, i * pipeBytes, pipeBytes))
  try {
    return views.map((view, i) => (pipes[i]?.captures ? takeOutput(view) : null))
  } catch (error) {
    for (const view of views) {
      view.setBigUint64(outputBytesAt, 0n, true)
      takeOutput(view)
    }
    throw error
  }
}

/** Spawns, feeds the input, collects the output, waits. Takes both ends of every pipe, and closes them. */
export function nativeSpawnSync(image: Uint8Array, pipes: readonly SyncPipe[], limits: SyncLimits): SyncResult {
  const run = new Uint8Array(runBytes)
  const view = new DataView(run.buffer)
  view.setBigUint64(spawnResultBytes, wholeNumber(limits.timeoutMs), true)
  view.setBigUint64(spawnResultBytes + 8, wholeNumber(limits.maxBuffer), true)
  view.setInt32(spawnResultBytes + 16, limits.killSignal, true)
  view.setUint32(spawnResultBytes + 20, pipes.length, true)
  const encoded = encodePipes(pipes)
  for (const pipe of pipes) pipe.nearEnd = pipe.farEnd = -1
  callNative('spawnctl_spawn_sync', image, image.length, inputInARow(pipes), run, encoded)
  const i32 = (at: number) => view.getInt32(spawnResultBytes + at, true)
  return {
    ...readSpawnResult(view),
    exitCode: i32(24),
    signal: i32(28),
    syncErrno: i32(32),
    outputs: takeOutputs(pipes, encoded),
  }
}
