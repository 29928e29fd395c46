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
  private readonly chunks: Uint8Array[] = []
  private used = 0

  get length(): number {
    return this.used
  }

  text(text: Text): PoolReference {
    return this.bytes(textBytes(text))
  }

  bytes(bytes: Uint8Array): PoolReference {
    const reference = {pool: this.used}
    this.chunks.push(bytes)
    this.used += withTerminator(bytes)
    return reference
  }

  /** What a reference of this pool leads to. */
  entry({pool}: PoolReference): Uint8Array {
    let position = 0
    for (const chunk of this.chunks) {
      if (position === pool) return chunk
      position += withTerminator(chunk)
    }
    throw new Error(`nothing begins at ${pool}`)
  }

  copyInto(target: Uint8Array, start: number): void {
    let position = start
    for (const chunk of this.chunks) {
      target.set(chunk, position)
      position += withTerminator(chunk)
    }
  }
}

export function aligned(bytes: number): number {
  return (bytes + 7) & ~7
}

function withTerminator(bytes: Uint8Array): number {
  return aligned(bytes.length + 1)
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
