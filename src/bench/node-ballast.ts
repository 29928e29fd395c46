import {setTimeout as pause} from 'node:timers/promises'

const pageBytes = 4096
const pieceBytes = 2 ** 30
const patienceMs = 30_000
const pollMs = 10

let pieces: readonly Buffer[] = []

/** Writes to every page. */
export function touch(memory: Buffer): Buffer {
  for (let at = 0; at < memory.length; at += pageBytes) memory[at] = 1
  return memory
}

/** Freed memory is given back by another thread, some time after the collection. */
async function giveBack(): Promise<void> {
  const held = pieces.reduce((sum, {length}) => sum + length, 0)
  const {arrayBuffers} = process.memoryUsage()
  pieces = []
  for (const end = performance.now() + patienceMs; held > 0; await pause(pollMs)) {
    globalThis.gc?.()
    if (process.memoryUsage().arrayBuffers <= arrayBuffers - held) return
    if (performance.now() > end) throw new Error('Node does not free the memory that it had before')
  }
}

/** Replaces the ballast of this process by that many bytes of Buffers; fork copies Buffers, but not V8's own heap. */
export async function carryBuffers(bytes: number): Promise<void> {
  await giveBack()
  const count = Math.ceil(bytes / pieceBytes)
  pieces = Array.from({length: count}, (_, i) =>
    touch(Buffer.allocUnsafeSlow(Math.min(pieceBytes, bytes - i * pieceBytes))),
  )
}
