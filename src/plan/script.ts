import {endianness} from 'node:os'
import {PlanError} from '../errors.js'
import {AT_FDCWD, O_CLOEXEC} from './fcntl.js'
import type {Step} from './step.js'
import {type SyscallName, syscallNumbers} from './syscalls.js'
import {type Text, textBytes} from './text.js'

/** A reference into the block's pool of strings and structs; becomes an offset when the block is laid out. */
export interface PoolReference {
  readonly pool: number
}

/** A result slot; as an argument it stands for the slot's value. Its index is known when the script is finished. */
export interface Slot {
  slot: number
}

/** Where a slot lies, for a call that takes a pointer to what another has returned. */
interface SlotAddress {
  readonly addressOf: Slot
}

export type Argument = number | bigint | PoolReference | Slot | SlotAddress

const O_WRONLY = 1
export const PR_SET_PDEATHSIG = 1
const SIGKILL = 9
/** src/native/block.h, SECOND_PROCESS */
const secondProcess = -1
const decimalBytes = 24

export interface CallOptions {
  /** A number of the core's own in the place of the system call's. */
  nr?: number
  save?: Slot
  /** errno values that do not fail the step; two at most. */
  forgive?: readonly number[]
  /** A result other than the caller's pid fails the step, with ESRCH. */
  expectCaller?: true
}

/** One system call of the script, with the step that asked for it. */
export interface ScriptCall {
  readonly step: Step
  readonly name: SyscallName
  readonly nr: number
  readonly args: readonly Argument[]
  readonly save: Slot | undefined
  readonly forgive: readonly number[]
  readonly expectCaller: boolean
}

/** Bytes that argv, paths and structs live in; each entry ends in NUL and is aligned for the kernel's structs. */
export class Pool {
  private readonly chunks: {readonly start: number; readonly content: Text}[] = []
  private used = 0
  /** Words of structs that hold an address of the pool. */
  readonly pointers: {at: number; to: PoolReference}[] = []

  get length(): number {
    return this.used
  }

  text(text: Text): PoolReference {
    return this.keep(text, typeof text === 'string' ? Buffer.byteLength(text) : text.length)
  }

  bytes(bytes: Uint8Array): PoolReference {
    return this.keep(bytes, bytes.length)
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

  /** Puts the address of an entry into a word of another, at this offset. */
  pointer(struct: PoolReference, offset: number, to: PoolReference): void {
    this.pointers.push({at: struct.pool + offset, to})
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
  private readonly slots: Slot[] = []
  private readonly receivedSlots: Slot[] = []
  /** The step that calls belong to while it lowers itself. */
  private step: Step | undefined
  /** The step that began a second process. */
  private begun: Step | undefined

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
      nr: options.nr ?? syscallNumbers[this.arch][name],
      args,
      save: options.save,
      forgive: options.forgive ?? [],
      expectCaller: options.expectCaller ?? false,
    })
  }

  slot(): Slot {
    const slot = {slot: -1}
    this.slots.push(slot)
    return slot
  }

  /** A descriptor of the caller's as an argument: its number, or the slot of the one that arrives in the zygote. */
  callerDescriptor(fd: number): number | Slot {
    if (this.situation.place === 'caller') return fd
    const slot = {slot: this.receivedSlots.length}
    this.receivedSlots.push(slot)
    this.situation.sentFds.push(fd)
    return slot
  }

  /** The child is created in this cgroup, where its method can; the next call enters it otherwise. */
  createIn(cgroupFd: number): void {
    const {situation} = this
    if (situation.takesFlags && situation.place === 'caller')
      situation.cgroup = {cgroupFd, cgroupStep: this.calls.length}
  }

  /** Writes to a file of /proc, /sys or the like, whose opening does not block. */
  writeFile(path: string, text: string): void {
    const file = this.slot()
    this.call('openat', [AT_FDCWD, this.pool.text(path), O_WRONLY | O_CLOEXEC], {save: file})
    this.call('write', [file, this.pool.text(text), Buffer.byteLength(text)])
    this.call('close', [file])
  }

  /**
   * What follows is done by a child of this process, and so is the program: the first one stays behind as spawnctl-init,
   * passes signals on, reaps, and ends as the program does. src/native/init.c
   */
  beginSecondProcess(): void {
    const {situation, pool} = this
    if (situation.hasDeadline)
      throw new PlanError('E_REFUSED', 'a process with a deadline can make no other one, which is needed here', {
        why: 'an init, or a pid namespace that the child itself cannot be in, takes a second process (sched(7))',
        next: '--method clone without --init makes the child the first of a new pid namespace; or another --sched',
      })
    if (situation.processes > 1 || situation.endsWithCaller) this.endWithParent(SIGKILL)
    const argv = pool.bytes(words64(0n, 0n, 0n))
    const pid = pool.bytes(new Uint8Array(decimalBytes))
    pool.pointer(argv, 0, pool.text('spawnctl-init'))
    pool.pointer(argv, 8, pid)
    this.call('clone', [this.callerDescriptor(situation.openInit()), argv, pid], {nr: secondProcess})
    situation.processes++
    this.begun = this.step
  }

  /** The end of the process that stayed behind is that of the second one. After the identity, whose change forgets it. */
  followFirstProcess(): void {
    if (this.begun === undefined || this.situation.endsWithCaller) return
    this.step = this.begun
    this.endWithParent(SIGKILL)
  }

  /** Asks for a signal at the parent's end. Whether that had come before is seen by its pid; of a maker the core knows. */
  endWithParent(signal: number): void {
    this.call('prctl', [PR_SET_PDEATHSIG, signal, 0, 0, 0])
    if (this.situation.processes === 1) this.call('getppid', [], {expectCaller: true})
  }

  /** Gives every slot its index, those of received descriptors first. Returns their number. */
  finish(): number {
    for (const [i, slot] of this.slots.entries()) slot.slot = this.receivedSlots.length + i
    return this.receivedSlots.length + this.slots.length
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
  /** The call that creates the child takes flags: CLONE_NEW…, CLONE_INTO_CGROUP. */
  readonly takesFlags: boolean
  /** Namespaces of others are entered first, so that new ones cannot begin with the creation. */
  readonly joins: boolean
  /** Its end shall follow the caller's (pdeathsig). */
  readonly endsWithCaller: boolean
  /** Opens spawnctl-init. */
  readonly openInit: () => number
  /** Whether who traces the child lets it go. */
  readonly letsGo: boolean
  /** Who has a deadline may make no process. */
  readonly hasDeadline: boolean
  /** How many processes deep the script is, counted while lowering. */
  processes: number
  /** What the child is created in, filled while lowering. */
  cgroup: {cgroupFd: number; cgroupStep: number}
  /** CLONE_NEW… flags for the creation of the child, filled while lowering. */
  cloneFlags: number
}
