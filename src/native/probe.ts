import {callNative} from './binding.js'

/** How an attempt ended; src/native/probe.c, enum probe_end. */
const ends = ['worked', 'failed', 'not-created', 'killed', 'hung', 'untried'] as const
type ProbeEnd = (typeof ends)[number]

/** Which call creates the child; src/native/probe.c, enum probe_creation. */
const creations = ['fork', 'vfork', 'clone3', 'clone'] as const

export interface ProbeCreation {
  readonly by: (typeof creations)[number]
  /** For clone3 and clone. */
  readonly flags?: bigint
  /** For CLONE_INTO_CGROUP: passed to clone3 in a struct that is large enough for it. */
  readonly cgroupFd?: number
}

export interface ProbeResult {
  end: ProbeEnd
  /** errno, positive; 0 with none. */
  errno: number
  /** Index of the call that failed, with end "failed". */
  failedStep: number
  /** As waitpid gives it, with end "killed". */
  waitStatus: number
  sharesMemory: boolean
  hasPidfd: boolean
  /** How long the fork-like clone of this process took. */
  forkNs: number
}

const resultBytes = 32

/** Runs a script without a program in a child that shares nothing with this process; see src/native/probe.c. */
export function nativeProbe(image: Uint8Array, creation: ProbeCreation, timeoutMs: number): ProbeResult {
  const {by, flags = 0n, cgroupFd = -1} = creation
  const result = new Uint8Array(resultBytes)
  const low = Number(flags & 0xffff_ffffn)
  const high = Number(flags >> 32n)
  callNative('spawnctl_probe', image, image.length, creations.indexOf(by), low, high, cgroupFd, timeoutMs, result)
  const view = new DataView(result.buffer)
  const i32 = (at: number) => view.getInt32(at, true)
  return {
    end: ends[i32(0)] as ProbeEnd,
    errno: i32(4),
    failedStep: i32(8),
    waitStatus: i32(12),
    sharesMemory: i32(16) !== 0,
    hasPidfd: i32(20) !== 0,
    forkNs: Number(view.getBigUint64(24, true)),
  }
}

/** "2.36"; undefined where libc is musl, which does not tell. */
export function glibcVersion(): string | undefined {
  const text = new Uint8Array(32)
  const length = callNative('spawnctl_glibc_version', text, text.length)
  return length === 0 ? undefined : Buffer.from(text.subarray(0, length)).toString()
}
