import {Socket} from 'node:net'
import {type ExitRecord, type ExitsName, exitRecordBytes, openExits, readExitRecord} from '../native/children.js'
import {signalName} from '../plan/signals.js'

/** How a child ended. */
export type Exit =
  | {readonly state: 'exited'; readonly code: number}
  | {readonly state: 'signaled'; readonly signal: string; readonly coreDumped: boolean}
  /** The host ignores SIGCHLD, or something waited for all children: the status is lost. */
  | {readonly state: 'reaped elsewhere'}

export function exitOf({waitErrno, signal, exitCode, coreDumped}: ExitRecord): Exit {
  if (waitErrno !== 0) return {state: 'reaped elsewhere'}
  if (signal === 0) return {state: 'exited', code: exitCode}
  return {state: 'signaled', signal: signalName(signal), coreDumped}
}

const ids = 2 ** 32

/**
 * The exits of this thread's children, told by the native exit-waiting thread through a pipe. It keeps the event loop
 * alive while somebody holds it.
 */
export class ExitPipe {
  readonly name: ExitsName
  private readonly listeners = new Map<number, (record: ExitRecord) => void>()
  private readonly socket: Socket
  private holders = 0
  private lastId = 0
  private rest: Uint8Array = new Uint8Array(0)

  constructor() {
    const {exits, readFd} = openExits()
    this.name = exits
    this.socket = new Socket({fd: readFd, readable: true, writable: false})
    this.socket.on('data', (chunk: Buffer) => this.read(chunk))
    this.socket.unref()
  }

  /** An id of its own for every child: a pid may be another's before its record is read. */
  expect(listener: (record: ExitRecord) => void): number {
    do this.lastId = (this.lastId + 1) % ids
    while (this.listeners.has(this.lastId))
    this.listeners.set(this.lastId, listener)
    return this.lastId
  }

  /** There will be no such child. */
  forget(id: number): void {
    this.listeners.delete(id)
  }

  hold(): void {
    if (this.holders++ === 0) this.socket.ref()
  }

  release(): void {
    if (--this.holders === 0) this.socket.unref()
  }

  private read(chunk: Uint8Array): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    for (; at + exitRecordBytes <= bytes.length; at += exitRecordBytes) this.tell(readExitRecord(bytes, at))
    this.rest = bytes.subarray(at)
  }

  /** Each in a turn of its own: what one listener throws is not the next one's business. */
  private tell(record: ExitRecord): void {
    const listener = this.listeners.get(record.id)
    this.listeners.delete(record.id)
    if (listener !== undefined) process.nextTick(listener, record)
  }
}

let exits: ExitPipe | undefined

/** This thread's. */
export function exitPipe(): ExitPipe {
  exits ??= new ExitPipe()
  return exits
}
