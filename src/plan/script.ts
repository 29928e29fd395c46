import {endianness} from 'node:os'
import type {Step} from './step.js'
import {type SyscallName, syscallNumbers} from './syscalls.js'
import {type Text, textBytes} from './text.js'

/** A reference into the block's pool of strings and structs; becomes an offset when the block is laid out. */
export interface PoolReference {
  readonly pool: number
}

/** The index of a result slot; as an argument it stands for the slot's value. */
export interface Slot {
  readonly slot: number
}

export type Argument = number | bigint | PoolReference | Slot

export interface CallOptions {
  save?: Slot
  /** errno values that do not fail the step; two at most. */
  forgive?: readonly number[]
}

/** One system call of the script, with the step that asked for it. */
export interface ScriptCall {
  readonly step: Step
  readonly name: SyscallName
  readonly nr: number
  readonly args: readonly Argument[]
  readonly save: number
  readonly forgive: readonly number[]
}

/** Bytes that argv, paths and structs live in; each entry ends in NUL and is aligned for the kernel's structs. */
export class Pool {
  private readonly chunks: {readonly start: number; readonly content: Text}[] = []
  private used = 0

  get length(): number {
    return this.used
  }

  text(text: Text): PoolReference {
    return this.keep(text, typeof text === 'string' ? Buffer.byteLength(text) : text.length)
  }

  bytes(bytes: Uint8Array): PoolReference {
    return this.keep(bytes, bytes.length)
  }

  /** One after the other: an environment is long, and encoding its strings one by one is slow. */
  texts(list: readonly Text[]): readonly PoolReference[] {
    if (list.length < 2 || !list.every(isString)) return list.map(text => this.text(text))
    const joined = list.join('\0')
    const length = Buffer.byteLength(joined)
    let {pool} = this.keep(joined, length)
    return list.map(text => {
      const reference = {pool}
      pool += (length === joined.length ? text.length : Buffer.byteLength(text)) + 1
      return reference
    })
  }

  private keep(content: Text, length: number): PoolReference {
    const reference = {pool: this.used}
    this.chunks.push({start: this.used, content})
    this.used += aligned(length + 1)
    return reference
  }

  /** What a reference of this pool leads to. */
  entry({pool}: PoolReference): Uint8Array {
    const chunk = this.chunks.find(({start}) => start === pool)
    if (chunk === undefined) throw new Error(`nothing begins at ${pool}`)
    return textBytes(chunk.content)
  }

  copyInto(target: Uint8Array, at: number): void {
    const buffer = Buffer.from(target.buffer, target.byteOffset, target.length)
    for (const {start, content} of this.chunks)
      if (typeof content === 'string') buffer.write(content, at + start)
      else target.set(content, at + start)
  }
}

export function aligned(bytes: number): number {
  return (bytes + 7) & ~7
}

function isString(text: Text): text is string {
  return typeof text === 'string'
}

/** Little-endian words in a row: a sigset, a struct sigaction, a list of gids. */
export function words64(...words: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer)
}

export function words32(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer)
}

/** Collects the system calls that steps lower to. */
export class ScriptWriter {
  readonly calls: ScriptCall[] = []
  readonly pool = new Pool()
  slotCount = 0
  /** The step that calls belong to while it lowers itself. */
  private step: Step | undefined

  constructor(
    private readonly arch: 'x64' | 'arm64',
    readonly situation: Situation,
  ) {
    if (endianness() !== 'LE') throw new Error('the script block is little-endian')
  }

  begin(step: Step): void {
    this.step = step
  }

  call(name: SyscallName, args: readonly Argument[], options: CallOptions = {}): void {
    this.calls.push({
      step: this.step as Step,
      name,
      nr: syscallNumbers[this.arch][name],
      args,
      save: options.save?.slot ?? -1,
      forgive: options.forgive ?? [],
    })
  }

  slot(): Slot {
    return {slot: this.slotCount++}
  }
}

/** Where the script will run, as far as lowering must know. */
export interface Situation {
  /** In the zygote the caller's descriptors arrive under other numbers: slots, in the order of `sentFds`. */
  readonly place: 'caller' | 'zygote'
  /** The caller's descriptors that go along to the zygote, filled while lowering. */
  readonly sentFds: number[]
  /** Above every descriptor number that the plan names. */
  readonly fdFloor: number
  /** What to close on exec where close_range(2) is not to be had: the caller's open descriptors. */
  readonly openFds: readonly number[] | undefined
}
