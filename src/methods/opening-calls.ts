import {constants} from 'node:fs'
import {callText} from '../plan/calls/text.js'
import type {Value} from '../plan/calls/values.js'
import {AT_FDCWD, O_CLOEXEC} from '../plan/fcntl.js'
import type {SyscallName} from '../plan/syscalls.js'
import type {PlannedCall} from './dry-run.js'
import type {PretendedNumbers} from './pretended-numbers.js'

/** A call of a dry run that belongs to no step. */
export type ToldCall = Omit<PlannedCall, 'step' | 'place'>

/** What only the program is to hold open from now on. */
export function closingCalls(by: 'caller' | 'keeper', files: readonly string[]): readonly ToldCall[] {
  return files.map(file => ({
    by,
    call: `close(${file})`,
    reason: 'it is the program’s alone from here on: its end-of-file counts',
  }))
}

/** Writes down how the caller opens what a plan names. */
export class OpeningCalls {
  readonly told: ToldCall[] = []
  readonly ofFile = 'opened by the caller: an error is its to see, and nothing blocks in the child'

  constructor(private readonly numbers: PretendedNumbers) {}

  tell(call: Omit<ToldCall, 'by'> & {by?: ToldCall['by']}): void {
    this.told.push({by: 'caller', ...call})
  }

  word(number: number): string {
    return this.numbers.text(number) as string
  }

  /** What a call reads as whose arguments may be numbers of a run. */
  private text(name: SyscallName, args: readonly (number | string)[]): string {
    const value = (argument: number | string): Value => {
      if (typeof argument === 'string') return {bytes: Buffer.from(argument)}
      const word = this.numbers.text(argument)
      return word === undefined ? {number: BigInt(argument)} : {result: word}
    }
    return callText(name, args.map(value))
  }

  /** Close-on-exec, as Node opens all. */
  open(path: string, flags: number, mode: number | undefined, word: string, reason: string): number {
    const fd = this.numbers.next(word)
    const call = this.text('openat', [AT_FDCWD, path, flags | O_CLOEXEC, ...(mode === undefined ? [] : [mode])])
    this.tell({call: `${call} = ${this.numbers.text(fd)}`, reason})
    return fd
  }

  close(fd: number, reason: string): void {
    this.tell({call: this.text('close', [fd]), reason})
  }

  write(path: string, text: string, reason: string): void {
    const {O_WRONLY, O_CREAT, O_TRUNC} = constants
    const fd = this.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666, 'file', reason)
    this.tell({call: this.text('write', [fd, text, text.length]), reason})
    this.close(fd, reason)
  }

  /** The program's end of a new terminal. */
  terminal(): number {
    const {O_RDWR, O_NOCTTY, O_NONBLOCK} = constants
    const what = 'a new terminal'
    const ours = this.open(
      '/dev/ptmx',
      O_RDWR | O_NOCTTY | O_NONBLOCK,
      undefined,
      'ptmx',
      `${what}: the end that is relayed`,
    )
    const theirs = this.numbers.next('terminal')
    const [master, slave] = [ours, theirs].map(fd => this.numbers.text(fd))
    this.tell({
      call: `ioctl(${master}, TIOCGPTPEER, O_RDWR|O_NOCTTY|O_CLOEXEC) = ${slave}`,
      reason: `${what}: the end that is the program’s`,
    })
    return theirs
  }

  pipe(name: string, word: string): number {
    const fd = this.numbers.next(word)
    this.tell({
      call: `socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, […, ${this.numbers.text(fd)}])`,
      reason: `${name}: a pipe, which Node makes of two connected sockets`,
    })
    return fd
  }
}
