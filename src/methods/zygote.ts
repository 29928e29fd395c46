import {closeSync, constants, openSync, readFileSync} from 'node:fs'
import {zygoteExecutable} from '../native/binding.js'
import {reapChild, zygoteChannel} from '../native/core.js'
import type {CallerState} from '../plan/lower.js'
import {makePlan, type Plan} from '../plan/plan.js'
import {signalList} from '../plan/signals.js'
import type {Step} from '../plan/step.js'
import {preparing} from './diagnosis/diagnose.js'
import type {Method} from './method.js'

/** src/native/zygote_protocol.h, ZYGOTE_SOCKET. */
const socketInZygote = 3
const O_PATH = 0o10000000

/** spawnPlan, which needs this module itself. */
export type Spawn = (plan: Plan, method: Method) => {pid: number; pidfd: number}

/** Holds no descriptor of the caller's but its socket, so that no pipe stays open because of it. */
function zygotePlan(theirs: number, more: readonly Step[]): Plan {
  const file = zygoteExecutable()
  const nothing = {path: '/dev/null', access: 'read-write'} as const
  return makePlan({
    file,
    argv: ['spawnctl-zygote'],
    env: [],
    steps: [
      {kind: 'sigdefault', signals: signalList('PIPE,XFSZ')},
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

/**
 * A running spawnctl-zygote. It serves one request at a time and one thread; its session, process group, limits and
 * identity are the caller's at its start.
 */
export class Zygote {
  private constructor(
    readonly pid: number,
    private readonly pidfd: number,
    readonly socket: number,
  ) {}

  /** @param more steps of the zygote's own; what it is made of its children have */
  static start(spawn: Spawn, more: readonly Step[] = []): Zygote {
    const [ours, theirs] = preparing('zygote', zygoteChannel)
    try {
      const {pid, pidfd} = spawn(zygotePlan(theirs, more), 'clone')
      return new Zygote(pid, pidfd, ours)
    } catch (error) {
      closeSync(ours)
      throw error
    } finally {
      closeSync(theirs)
    }
  }

  /** Its end-of-file ends it; the children it made live on, for they are the caller's. */
  close(): void {
    closeSync(this.socket)
    reapChild(this.pid)
    if (this.pidfd >= 0) closeSync(this.pidfd)
  }
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
