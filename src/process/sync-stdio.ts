import type {SyncPipe} from '../methods/spawn-sync.js'
import type {NodeSource} from './node-plan.js'

/** One number of the child, as Node's child_process describes it to its synchronous spawn. */
export type SyncStdio =
  | {readonly type: 'ignore'}
  /** `readable` and `writable` are the child's view. */
  | {
      readonly type: 'pipe' | 'overlapped'
      readonly readable: boolean
      readonly writable: boolean
      readonly input?: ArrayBufferView | null
    }
  | {readonly type: 'inherit' | 'fd'; readonly fd: number}
  /** Node itself ends with a failed assertion here, and at "overlapped". */
  | {readonly type: 'wrap'; readonly handle: {readonly fd: number}}

export type PipeWish = Pick<SyncPipe, 'input' | 'captures'>

function bytesOf(input: ArrayBufferView | null | undefined): Uint8Array {
  return input ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(0)
}

/** What the pipe at a number is for; undefined when there is none. */
export function pipeWish(stdio: SyncStdio): PipeWish | undefined {
  if (stdio.type !== 'pipe' && stdio.type !== 'overlapped') return undefined
  return {input: stdio.readable ? bytesOf(stdio.input) : undefined, captures: stdio.writable}
}

/** @param pipe the one that was opened for it */
export function sourceOf(stdio: SyncStdio, pipe: SyncPipe | undefined): NodeSource {
  switch (stdio.type) {
    case 'ignore':
      return 'ignore'
    case 'inherit':
    case 'fd':
      return stdio.fd
    case 'wrap':
      return stdio.handle.fd
    default:
      return (pipe as SyncPipe).farEnd
  }
}

/** Why Node's own code had better take this, which no version of Node sends; undefined when all is understood. */
export function unknownStdio(stdio: unknown): string | undefined {
  if (!Array.isArray(stdio)) return 'stdio is no array'
  for (const [i, entry] of stdio.entries()) {
    const {type, fd, handle, input, readable, writable} = (entry ?? {}) as Record<string, unknown>
    switch (type) {
      case 'ignore':
        continue
      case 'pipe':
      case 'overlapped':
        if ((readable || writable) && (input == null || ArrayBuffer.isView(input))) continue
        break
      case 'inherit':
      case 'fd':
        if (Number.isInteger(fd)) continue
        break
      case 'wrap':
        if (Number.isInteger((handle as {fd?: unknown} | undefined)?.fd)) continue
    }
    return `stdio[${i}] is ${type}`
  }
  return undefined
}
