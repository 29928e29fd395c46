import {constants} from 'node:os'
import {getSystemErrorName} from 'node:util'
import {callNative} from './binding.js'

/** src/native/spawn.h, enum spawn_stage. */
export const stages = ['spawned', 'prepare', 'create', 'step', 'exec', 'step-or-exec', 'killed', 'zygote'] as const
type SpawnStage = (typeof stages)[number]

/** What really created the child; src/native/spawn.h, enum creation_call. */
const creationCalls = [
  'none',
  'fork (libc)',
  'vfork (libc)',
  'posix_spawn (libc)',
  'clone3',
  'clone',
  'clone (in the zygote)',
] as const
export type CreationCall = (typeof creationCalls)[number]

/** struct spawn_result. Times are nanoseconds since the call; pidfd is -1 where the kernel has none. */
export interface SpawnResult {
  pid: number
  pidfd: number
  stage: SpawnStage
  /** errno, positive; 0 with none. */
  errno: number
  /** System call number, with stage "prepare" or "create"; 0 for a libc function. */
  failedCall: number
  failedStep: number
  creationCall: CreationCall
  /** As waitpid gives it, with stage "killed". */
  waitStatus: number
  /** Index of the last program path that was tried. */
  candidate: number
  callerBlockedNs: number
  spawnToExecNs: number
}

/** What the end of its time brought a program: nothing yet, the signal, or SIGKILL. */
const timeouts = ['no', 'signal', 'kill'] as const
type TimedOut = (typeof timeouts)[number]

/** struct run_result: a spawn and its end. */
export interface RunResult extends SpawnResult {
  /** -1 when a signal ended it. */
  exitCode: number
  signal: number
  coreDumped: boolean
  /** errno of waitid: ECHILD when the host reaps for us. */
  waitErrno: number
  /** The terminal's SIGINT or SIGQUIT, which ended the program, reached this process too. */
  interrupted: boolean
  timedOut: TimedOut
  elapsedNs: number
  /** errno of the keeper's creation, 0 with none; and the signal that ended it before its time, or 0. */
  keeperErrno: number
  keeperSignal: number
}

export const spawnResultBytes = 64
const runOptionsBytes = 56
const runResultBytes = spawnResultBytes + 40

export function readSpawnResult(view: DataView): SpawnResult {
  const i32 = (at: number) => view.getInt32(at, true)
  const u64 = (at: number) => view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
  return {
    pid: i32(0),
    pidfd: i32(4),
    stage: stages[i32(8)] as SpawnStage,
    errno: i32(12),
    failedCall: i32(16),
    failedStep: i32(20),
    creationCall: creationCalls[i32(24)] as CreationCall,
    waitStatus: i32(28),
    candidate: i32(32),
    callerBlockedNs: u64(40),
    spawnToExecNs: u64(48),
  }
}

/** Spawns; returns when the program runs, or has failed to and was reaped. */
export function nativeSpawn(image: Uint8Array): SpawnResult {
  const result = new Uint8Array(spawnResultBytes)
  callNative('spawnctl_spawn', image, image.length, result)
  return readSpawnResult(new DataView(result.buffer))
}

/** struct run_options. */
export interface RunOptions {
  timeoutNs: bigint
  killAfterNs: bigint
  timeoutSignal: number
  killTree: boolean
  /** By a process of its own, which outlives this one. */
  keep: boolean
  /** What the keeper sends the program when this process has ended; 0 is nothing. */
  orphanSignal: number
  /** Both ends of the program's new terminal, or -1; the run closes them. */
  terminal: number
  terminalPeer: number
  /** cgroup.kill of the program's control group, open for writing, or -1. */
  cgroupKill: number
  /** The program is traced up to its first instruction, and then let go, stopped. */
  letsGo: boolean
  /** Descriptors of files that were opened for the program: the run closes them. */
  files: readonly number[]
  /** Directories of control groups that the keeper removes in the end when this process has ended before. */
  cgroups: readonly string[]
  /** The program has the terminal's foreground whenever this process would. */
  foreground: boolean
}

function encodeRunOptions({
  timeoutNs,
  killAfterNs,
  timeoutSignal,
  killTree,
  keep,
  orphanSignal,
  terminal,
  terminalPeer,
  cgroupKill,
  letsGo,
  foreground,
}: RunOptions): Uint8Array {
  const view = new DataView(new ArrayBuffer(runOptionsBytes))
  view.setBigUint64(0, timeoutNs, true)
  view.setBigUint64(8, killAfterNs, true)
  view.setInt32(16, timeoutSignal, true)
  view.setInt32(20, killTree ? 1 : 0, true)
  view.setInt32(24, keep ? 1 : 0, true)
  view.setInt32(28, orphanSignal, true)
  view.setInt32(32, terminal, true)
  view.setInt32(36, terminalPeer, true)
  view.setInt32(40, cgroupKill, true)
  view.setInt32(44, letsGo ? 1 : 0, true)
  view.setInt32(48, foreground ? 1 : 0, true)
  return new Uint8Array(view.buffer)
}

/** Each ends in a NUL, after the last one comes another. */
function encodePaths(paths: readonly string[]): Uint8Array {
  return Buffer.from(`${[...paths, ''].join('\0')}\0`)
}

/** Spawns, passes signals on, waits for the end. */
export function nativeRun(image: Uint8Array, options: RunOptions): RunResult {
  const result = new Uint8Array(runResultBytes)
  const files = new Uint8Array(Int32Array.of(...options.files, -1).buffer)
  const cgroups = encodePaths(options.cgroups)
  callNative('spawnctl_run', image, image.length, encodeRunOptions(options), files, cgroups, result)
  const view = new DataView(result.buffer)
  const i32 = (at: number) => view.getInt32(spawnResultBytes + at, true)
  return {
    ...readSpawnResult(view),
    exitCode: i32(0),
    signal: i32(4),
    coreDumped: i32(8) === 1,
    waitErrno: i32(12),
    interrupted: i32(16) === 1,
    timedOut: timeouts[i32(20)] as TimedOut,
    elapsedNs: Number(view.getBigUint64(spawnResultBytes + 24, true)),
    keeperErrno: i32(32),
    keeperSignal: i32(36),
  }
}

/** Ends this process at once, by exit_group or, given one, by a signal; Node's own exit would undo the terminal. */
export function leave(code: number, signal = 0): never {
  callNative('spawnctl_leave', code, signal)
  throw new Error('exit_group returned')
}

export function setBlocking(fd: number): void {
  check(callNative('spawnctl_set_blocking', fd))
}

/** The same where a bad descriptor is somebody else's to complain of. */
export function tryToSetBlocking(fd: number): void {
  callNative('spawnctl_set_blocking', fd)
}

/** What this libc's posix_spawn can do. */
export interface PosixSpawnFeatures {
  chdir: boolean
  closefrom: boolean
  tcsetpgrp: boolean
  cgroup: boolean
  pidfd: boolean
  scheduling: boolean
}

let features: PosixSpawnFeatures | undefined

export function posixSpawnFeatures(): PosixSpawnFeatures {
  if (features === undefined) {
    const bits = callNative('spawnctl_posix_spawn_features')
    const has = (bit: number) => (bits & bit) !== 0
    features = {
      chdir: has(1),
      closefrom: has(2),
      tcsetpgrp: has(4),
      cgroup: has(8),
      pidfd: has(16),
      scheduling: has(32),
    }
  }
  return features
}

let closeRange: boolean | undefined

/** Whether this kernel can set close-on-exec on a range (5.11, and no filter in the way). */
export function hasCloseRange(): boolean {
  closeRange ??= callNative('spawnctl_probe_close_range') === 0
  return closeRange
}

/** @throws the system's error, where C returned -errno */
export function check(error: number): number {
  if (error >= 0) return error
  throw Object.assign(new Error(getSystemErrorName(error)), {errno: -error})
}

/** A new terminal, close-on-exec: the caller's end and the program's. */
export function openTerminalEnds(): [ours: number, theirs: number] {
  const ends = new Int32Array(2)
  check(callNative('spawnctl_open_terminal', new Uint8Array(ends.buffer)))
  return [ends[0] as number, ends[1] as number]
}

/** How wide the terminal is that is open there; undefined where it is none, or does not tell. */
export function terminalColumns(fd: number): number | undefined {
  return callNative('spawnctl_terminal_columns', fd) || undefined
}

/** Whether the terminal's foreground is this process's; also where there is no terminal. */
export function hasForeground(): boolean {
  return callNative('spawnctl_has_foreground') === 1
}

/** A connected pair of SOCK_SEQPACKET sockets, close-on-exec. */
export function zygoteChannel(): [ours: number, theirs: number] {
  const ends = new Int32Array(2)
  check(callNative('spawnctl_zygote_channel', new Uint8Array(ends.buffer)))
  return [ends[0] as number, ends[1] as number]
}

function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`)
}

/** @throws the system's error, where nobody could be asked */
function isThere(error: number): boolean {
  return error !== -constants.errno.ENOENT && check(error) >= 0
}

/** Undefined when there is no such user. Asks NSS, as id(1) does. */
export function findUser(name: string): {uid: number; gid: number} | undefined {
  const ids = new Uint32Array(2)
  const bytes = new Uint8Array(ids.buffer)
  const error = callNative('spawnctl_find_user', cString(name), bytes.subarray(0, 4), bytes.subarray(4))
  return isThere(error) ? {uid: ids[0] as number, gid: ids[1] as number} : undefined
}

export function findGroup(name: string): number | undefined {
  const ids = new Uint32Array(1)
  const error = callNative('spawnctl_find_group', cString(name), new Uint8Array(ids.buffer))
  return isThere(error) ? ids[0] : undefined
}

const mostGroups = 65_536

export function findGroups(name: string, gid: number): readonly number[] {
  const groups = new Uint32Array(mostGroups)
  const count = check(callNative('spawnctl_find_groups', cString(name), gid, new Uint8Array(groups.buffer), mostGroups))
  return [...groups.subarray(0, count)]
}

/** Waits for a child of ours and reaps it. Returns its wait status, as waitpid gives it; negative when it is lost. */
export function reapChild(pid: number): number {
  return callNative('spawnctl_reap', pid)
}
