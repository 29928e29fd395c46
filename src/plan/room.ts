import type {Text} from './text.js'

const leastBytes = 4096
const mostBytesOfUnit = 3

/** Bytes that a list of strings takes at most, each with its NUL. */
export function mostBytes(list: readonly Text[]): number {
  let bytes = list.length
  for (const text of list) bytes += typeof text === 'string' ? mostBytesOfUnit * text.length : text.length
  return bytes
}

/**
 * Memory that blocks are laid out in, one after the other: to allocate it costs more than to fill it. Offsets count from
 * its start, before which there are bytes of somebody else's.
 */
export class Room {
  bytes = Buffer.alloc(0)
  view = new DataView(this.bytes.buffer)
  private halves = new Uint32Array(0)

  /** @param start a multiple of 8 */
  constructor(readonly start: number) {}

  /** Makes it so large; what is there stays. */
  reserve(bytes: number): void {
    const least = this.start + bytes
    if (least <= this.bytes.length) return
    const larger = new ArrayBuffer(Math.max(leastBytes, 2 ** Math.ceil(Math.log2(least))))
    const before = this.bytes
    this.bytes = Buffer.from(larger)
    this.bytes.set(before)
    this.view = new DataView(larger)
    this.halves = new Uint32Array(larger)
  }

  half(at: number, value: number): void {
    this.halves[(this.start + at) >> 2] = value
  }

  word(at: number, value: number): void {
    this.half(at, value)
    this.half(at + 4, 0)
  }

  /** Writes strings, with their NULs, and before them a list of where they are. @returns where the last one ends */
  texts(list: readonly Text[], listAt: number, textAt: number): number {
    this.word(listAt + list.length * 8, 0)
    return list.length > 1 && list.every(isString)
      ? this.strings(list, listAt, textAt)
      : this.each(list, listAt, textAt)
  }

  private each(list: readonly Text[], listAt: number, textAt: number): number {
    let end = textAt
    for (const [i, text] of list.entries()) {
      this.word(listAt + i * 8, end)
      end += this.write(text, end)
      this.bytes[this.start + end++] = 0
    }
    return end
  }

  /** One after the other in one go: an environment is long, and encoding its strings one by one is slow. */
  private strings(list: readonly string[], listAt: number, textAt: number): number {
    const joined = list.join('\0')
    const length = this.write(joined, textAt)
    const isAscii = length === joined.length
    let at = textAt
    for (const [i, text] of list.entries()) {
      this.word(listAt + i * 8, at)
      at += (isAscii ? text.length : Buffer.byteLength(text)) + 1
    }
    this.bytes[this.start + textAt + length] = 0
    return at
  }

  private write(text: Text, at: number): number {
    if (typeof text === 'string') return this.bytes.write(text, this.start + at)
    this.bytes.set(text, this.start + at)
    return text.length
  }
}

function isString(text: Text): text is string {
  return typeof text === 'string'
}
