import {closeSync, constants, openSync, readFileSync} from 'node:fs'
import {zygoteExecutable} from '../native/binding.js'
import {reapChild, zygoteChannel} from '../native/core.js'
import {closeDescriptors} from '../native/sync.js'
import {O_PATH} from '../plan/fcntl.js'
import type {CallerState} from '../plan/lower.js'
import {makePlan, type Plan} from '../plan/plan.js'
import {signalList} from '../plan/signals.js'
import type {FileSource, Step} from '../plan/step.js'
import {preparing, zygoteError} from './diagnosis/diagnose.js'
import type {Method} from './method.js'

/** src/native/zygote_protocol.h, ZYGOTE_SOCKET. */
const socketInZygote = 3

const nullDevice: FileSource = {path: '/dev/null', access: 'read-write'}

/** spawnPlan, which needs this module itself. */
export type Spawn = (plan: Plan, method: Method) => {pid: number; pidfd: number}

/**
 * Holds no descriptor of the caller's but its socket, so that no pipe stays open because of it, and no directory: a file
 * system that the caller has left could not be unmounted.
 * @param more steps of the zygote's own; what it is made of its children have
 * @param nothing what it finds at 0 to 2
 */
export function zygotePlan(theirs: number, more: readonly Step[], nothing: FileSource | number = nullDevice): Plan {
  const file = zygoteExecutable()
  return makePlan({
    file,
    argv: ['spawnctl-zygote'],
    env: [],
    steps: [
      {kind: 'sigdefault', signals: signalList('PIPE,XFSZ')},
      {kind: 'chdir', path: '/'},
      {
        kind: 'descriptors',
        placements: [
          {to: 0, from: nothing},
          {to: 1, from: nothing},
          {to: 2, from: nothing},
          {to: socketInZygote, from: theirs},
        ],
      },
      {kind: 'sigmask', signals: signalList('all')},
      ...more,
    ],
  })
}

/** A spawnctl-zygote that runs: the pidfd and our end of its socket are the holder's to close. */
export interface StartedZygote {
  readonly pid: number
  readonly pidfd: number
  readonly socket: number
}

/** @throws {SpawnError} */
export function startZygote(spawn: Spawn, more: readonly Step[] = []): StartedZygote {
  const [ours, theirs] = preparing('zygote', zygoteChannel)
  try {
    const {pid, pidfd} = spawn(zygotePlan(theirs, more), 'clone')
    return {pid, pidfd, socket: ours}
  } catch (error) {
    closeDescriptors([ours])
    throw error
  } finally {
    closeDescriptors([theirs])
  }
}

/**
 * A running spawnctl-zygote. It serves one request at a time and one thread; its session, process group, limits and
 * identity are the caller's at its start.
 */
export class Zygote {
  readonly pid: number
  private readonly ourEnd: number
  private closed = false

  /** @param reap waits for its end, which is near, and lets go of it */
  constructor(
    {pid, socket}: StartedZygote,
    private readonly reap: () => void,
  ) {
    this.pid = pid
    this.ourEnd = socket
  }

  /** @throws {SpawnError} E_ZYGOTE when it was closed: the number may be another file by now */
  get socket(): number {
    if (this.closed) throw zygoteError('this Zygote was closed')
    return this.ourEnd
  }

  /** Its end-of-file ends it; the children it made live on, for they are the caller's. */
  close(): void {
    if (this.closed) return
    this.closed = true
    closeDescriptors([this.ourEnd])
    this.reap()
  }
}

/** One that is stopped sees no end-of-file. */
function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch {
    // refused by a filter: it is seldom stopped
  }
}

/** Waits for a zygote's end when it is closed, and not before. */
export function heldZygote(started: StartedZygote): Zygote {
  return new Zygote(started, () => {
    wake(started.pid)
    reapChild(started.pid)
    if (started.pidfd >= 0) closeDescriptors([started.pidfd])
  })
}

export function currentUmask(): number {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number.parseInt(/^Umask:\s*(\d+)/m.exec(status)?.[1] ?? '22', 8)
}

/** The caller's state that a zygote's child must catch up with. */
export function openCaller(): CallerState & {close: () => void} {
  const umask = currentUmask()
  const cwdFd = openSync('.', O_PATH | constants.O_DIRECTORY)
  return {cwdFd, umask, close: () => closeSync(cwdFd)}
}
