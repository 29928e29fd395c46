import {Socket} from 'node:net'
import {closeExits, openExits, watchChild} from '../native/core.js'
import {signalName} from '../plan/signals.js'

/** How a child ended. */
export type Exit =
  | {readonly state: 'exited'; readonly code: number}
  | {readonly state: 'signaled'; readonly signal: string; readonly coreDumped: boolean}
  /** The host ignores SIGCHLD, or something waited for all children: the status is lost. */
  | {readonly state: 'reaped elsewhere'}

/** struct exit_record of src/native/waiter.c. */
const recordBytes = 24

function readRecord(record: Buffer): {pid: number; exit: Exit} {
  const pid = record.readInt32LE(0)
  const signal = record.readInt32LE(8)
  if (record.readInt32LE(16) !== 0) return {pid, exit: {state: 'reaped elsewhere'}}
  if (signal === 0) return {pid, exit: {state: 'exited', code: record.readInt32LE(4)}}
  return {pid, exit: {state: 'signaled', signal: signalName(signal), coreDumped: record.readInt32LE(12) === 1}}
}

/**
 * The exits of this thread's children, told by the native exit-waiting thread through a pipe. It keeps the event loop
 * alive while a child is awaited, and not otherwise.
 */
class ExitPipe {
  private readonly waiting = new Map<number, (exit: Exit) => void>()
  private readonly socket: Socket
  private readonly handle: Uint8Array
  private rest: Buffer = Buffer.alloc(0)

  constructor() {
    const {handle, readFd} = openExits()
    this.handle = handle
    this.socket = new Socket({fd: readFd, readable: true, writable: false})
    this.socket.on('data', (chunk: Buffer) => this.read(chunk))
    this.socket.on('close', () => closeExits(handle))
    this.socket.unref()
  }

  /** Reaps the child when it ends. A pid that is not reaped cannot be another child's. */
  watch(pid: number, pidfd: number): Promise<Exit> {
    watchChild(this.handle, pid, pidfd)
    this.socket.ref()
    return new Promise(resolve => this.waiting.set(pid, resolve))
  }

  private read(chunk: Buffer): void {
    const bytes = Buffer.concat([this.rest, chunk])
    let at = 0
    for (; at + recordBytes <= bytes.length; at += recordBytes) this.settle(bytes.subarray(at, at + recordBytes))
    this.rest = bytes.subarray(at)
    if (this.waiting.size === 0) this.socket.unref()
  }

  private settle(record: Buffer): void {
    const {pid, exit} = readRecord(record)
    const resolve = this.waiting.get(pid)
    this.waiting.delete(pid)
    resolve?.(exit)
  }
}

let exits: ExitPipe | undefined

export function watchExit(pid: number, pidfd: number): Promise<Exit> {
  exits ??= new ExitPipe()
  return exits.watch(pid, pidfd)
}
