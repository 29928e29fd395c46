import {callNative} from './binding.js'
import {check, readSpawnResult, type SpawnResult, stages} from './core.js'

/** A child in the hands of the exit-waiting thread: the core's name for it, good until it is let go. */
export type ChildName = Uint8Array & {readonly child: unique symbol}

/** The writing side of the pipe that a thread's exits arrive through: the core's name for it. */
export type ExitsName = Uint8Array & {readonly exits: unique symbol}

/** Why a program never ran, as far as it is known after the call that should have started it. */
export type LateFailure = Pick<
  SpawnResult,
  'stage' | 'failedStep' | 'errno' | 'candidate' | 'waitStatus' | 'failedCall'
>

/** What the kernel counted for the child and those it waited for; microseconds, and names as process.resourceUsage(). */
export interface Usage {
  readonly userCPUTime: number
  readonly systemCPUTime: number
  readonly minorPageFault: number
  readonly majorPageFault: number
  readonly fsRead: number
  readonly fsWrite: number
  readonly voluntaryContextSwitches: number
  readonly involuntaryContextSwitches: number
}

/** struct exit_record of src/native/waiter.h. */
export interface ExitRecord {
  readonly id: number
  /** -1 when a signal ended it. */
  readonly exitCode: number
  /** 0 when it exited. */
  readonly signal: number
  readonly coreDumped: boolean
  /** errno of waitid: ECHILD when something else has reaped it. */
  readonly waitErrno: number
  /** Undefined when the program ran. */
  readonly failure: LateFailure | undefined
  readonly usage: Usage
}

export const exitRecordBytes = 104
const childNameAt = 56
/** struct begin_message of src/native/begin.c. */
export const messageBytes = 88
const exitsAt = 64
/** Before the block, from where the room counts. */
const idAt = 72 - messageBytes
const usageAt = 40

/** The pipe that the exit-waiting thread reports to, and the end to read; closing that ends it. */
export function openExits(): {exits: ExitsName; readFd: number} {
  const exits = new Uint8Array(8) as ExitsName
  const fd = new Int32Array(1)
  check(callNative('spawnctl_open_exits', exits, new Uint8Array(fd.buffer)))
  return {exits, readFd: fd[0] as number}
}

/** Memory with a block in it, and before that the room for what is said of it. Offsets count from the block. */
export interface Message {
  readonly bytes: Uint8Array
  readonly view: DataView
  reserve(bytes: number): void
  half(at: number, value: number): void
}

/**
 * Spawns; returns when the child exists, or cannot. What happens to it then is told with its exit, under this id.
 * @param message a block behind messageBytes
 * @param given the child's ends of its pipes: closed here, whatever happens
 */
export function nativeBegin(
  message: Message,
  imageBytes: number,
  exits: ExitsName,
  id: number,
  given: readonly number[],
): SpawnResult & {child: ChildName} {
  message.reserve(imageBytes + 4 * given.length)
  const {bytes, view} = message
  bytes.set(exits, exitsAt)
  message.half(idAt, id)
  message.half(idAt + 4, imageBytes)
  message.half(idAt + 8, given.length)
  for (const [i, fd] of given.entries()) message.half(imageBytes + 4 * i, fd)
  callNative('spawnctl_begin', bytes)
  const child = Uint8Array.from(bytes.subarray(childNameAt, childNameAt + 8)) as ChildName
  return {...readSpawnResult(view), child}
}

/** Hands a running child over to the exit-waiting thread, with its pidfd. */
export function watchChild(exits: ExitsName, id: number, pid: number, pidfd: number): ChildName {
  const child = new Uint8Array(8) as ChildName
  check(callNative('spawnctl_watch', exits, id, pid, pidfd, child))
  return child
}

/** @returns 0 or -errno; -ESRCH when it has ended. Never a signal to a stranger that got the same pid. */
export function signalChild(child: ChildName, signal: number): number {
  return callNative('spawnctl_signal', child, signal)
}

/** To be called once its record has been read: the pidfd is closed. */
export function letGo(child: ChildName): void {
  callNative('spawnctl_let_go', child)
}

function readUsage(view: DataView, start: number): Usage {
  const u64 = (index: number) => Number(view.getBigUint64(start + index * 8, true))
  return {
    userCPUTime: u64(0),
    systemCPUTime: u64(1),
    minorPageFault: u64(2),
    majorPageFault: u64(3),
    fsRead: u64(4),
    fsWrite: u64(5),
    voluntaryContextSwitches: u64(6),
    involuntaryContextSwitches: u64(7),
  }
}

export function readExitRecord(bytes: Uint8Array, start: number): ExitRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, exitRecordBytes)
  const i32 = (at: number) => view.getInt32(at, true)
  const stage = stages[i32(20)] as SpawnResult['stage']
  return {
    id: view.getUint32(0, true),
    exitCode: i32(4),
    signal: i32(8),
    coreDumped: i32(12) === 1,
    waitErrno: i32(16),
    failure:
      stage === 'spawned'
        ? undefined
        : {stage, failedStep: i32(24), errno: i32(28), candidate: i32(32), waitStatus: i32(36), failedCall: 0},
    usage: readUsage(view, usageAt),
  }
}
