import {type ChildProcess, type StdioOptions, spawn} from 'node:child_process'
import type {Readable, Writable} from 'node:stream'
import {type Advice, SpawnctlError} from '../errors.js'
import {benchExecutable} from '../native/binding.js'
import {signalName} from '../plan/signals.js'
import {describeBallast} from './ballast.js'
import type {Ballast, Runner} from './runner.js'
import type {Samples} from './samples.js'

/** A program that speaks the protocol of src/native/bench.h, and what an error of its own means. */
export interface RunnerProgram {
  /** For people: "the native runner". */
  readonly name: string
  readonly rows: readonly string[]
  /** What it spawns, for people. */
  readonly program: string
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Its descriptors from 3 on: a number of this process, or bytes to read. */
  readonly descriptors?: readonly (number | Uint8Array)[]
  /** The error behind "error …", for a program that says more than a few words. */
  readonly explain?: (row: string | undefined, words: string) => SpawnctlError | undefined
  /** As the runner's own; without it there is none. */
  readonly refusal?: (ballast: Ballast) => string | undefined
}

/** A command that waits for its answer; whatever lines come before the one that ends it are the answer's. */
interface Pending {
  readonly row: string | undefined
  readonly last: string
  readonly lines: string[]
  readonly resolve: (answer: {lines: readonly string[]; words: string}) => void
  readonly reject: (error: Error) => void
}

/** How long a runner that is dead may leave its output unread, or one that has closed its output may live on. */
const drainMs = 1000

function programError({program}: RunnerProgram, end: string): SpawnctlError {
  return new SpawnctlError('E_BENCH_PROGRAM', `the program ${program} ${end}`, {
    why: 'only a program that succeeds is measured: one that fails may have stopped at any point',
    next: 'run it by hand with </dev/null >/dev/null and look at what it says',
  })
}

/** Node reports some errors by "error", and throws others. */
function startChild({name, file, args, env}: RunnerProgram, stdio: StdioOptions): ChildProcess {
  try {
    return spawn(file, args, {env, detached: true, stdio})
  } catch (error) {
    const isTooLong = (error as NodeJS.ErrnoException).code === 'E2BIG'
    throw new SpawnctlError('E_BENCH_RUNNER', `${name} cannot be started: ${(error as Error).message}`, {
      ...(isTooLong && {
        why: 'arguments and environment together are longer than execve takes: a quarter of the stack limit (ulimit -s)',
        next: 'a smaller --environment, or ulimit -s unlimited',
      }),
    })
  }
}

const usualDeath: Required<Advice> = {
  why: 'something outside ended it, as the kernel does when memory runs out',
  next: 'dmesg | tail',
}

/** By signals that tell of a limit. */
const deaths: Readonly<Record<string, Required<Advice>>> = {
  SIGXFSZ: {
    why: 'a file of its own, in memory too, was to be larger than files may be here (RLIMIT_FSIZE)',
    next: 'ulimit -f unlimited',
  },
  SIGXCPU: {why: 'it has used the processor for as long as it may (RLIMIT_CPU)', next: 'ulimit -t unlimited'},
}

/** A process of its own session that answers one command at a time. */
export class ProcessRunner implements Runner {
  readonly rows: readonly string[]
  private pending: Pending | undefined
  private rest = ''
  private closing = false
  private readonly gone: Promise<void>

  private constructor(
    private readonly program: RunnerProgram,
    private readonly child: ChildProcess,
  ) {
    this.rows = program.rows
    this.stdin.on('error', () => {}) // its death is told by "close"
    const stdout = child.stdout as Readable
    stdout.setEncoding('utf8').on('data', (text: string) => this.read(text))
    stdout.once('end', () => {
      const goodbye = setTimeout(() => this.dismiss(), drainMs)
      child.once('exit', () => clearTimeout(goodbye))
    })
    this.gone = new Promise(resolve => {
      child.once('error', error => {
        this.fail(this.error('cannot be started', error.message))
        resolve()
      })
      child.once('exit', () => {
        this.kill()
        const drain = setTimeout(() => stdout.destroy(), drainMs)
        child.once('close', () => clearTimeout(drain))
      })
      child.once('close', (code, signal) => {
        this.fail(this.closing ? this.error('was closed') : this.death(code, signal))
        resolve()
      })
    })
  }

  /**
   * Returns when it is ready to be asked.
   * @throws {SpawnctlError} when it does not start, or is something else
   */
  static async start(program: RunnerProgram): Promise<ProcessRunner> {
    const descriptors = program.descriptors ?? []
    const stdio = descriptors.map(what => (what instanceof Uint8Array ? 'pipe' : what))
    const child = startChild(program, ['pipe', 'pipe', 'inherit', ...stdio])
    const runner = new ProcessRunner(program, child)
    descriptors.forEach((what, i) => {
      const pipe = child.stdio[3 + i] as Writable | null | undefined
      if (what instanceof Uint8Array) pipe?.on('error', () => {}).end(what)
    })
    try {
      const {words} = await runner.answer('ready')
      if (words !== '1') throw runner.error('is of another version', `it says "ready ${words}"`)
      return runner
    } catch (error) {
      await runner.close()
      throw error
    }
  }

  refusal(ballast: Ballast): string | undefined {
    return this.program.refusal?.(ballast)
  }

  async carry(ballast: Ballast): Promise<void> {
    const refusal = this.refusal(ballast)
    if (refusal !== undefined) throw this.error(`cannot carry ${describeBallast(ballast)}`, refusal)
    const {memoryBytes, mappings, thp, mappedBytes, threads} = ballast
    await this.ask(`carry ${memoryBytes} ${mappings} ${thp} ${mappedBytes} ${threads}`, 'carried')
  }

  async run(row: string, count: number): Promise<{samples: Samples; systemCall: string}> {
    const {lines, words} = await this.ask(`run ${row} ${count}`, 'done', row)
    const samples = {callerBlocked: [] as number[], spawnToExit: [] as number[]}
    for (const line of lines) {
      const [, blocked, exit] = /^(\d+) (\d+)$/.exec(line) ?? []
      if (blocked === undefined) throw this.error('does not keep to the protocol', `it says "${line}"`)
      samples.callerBlocked.push(Number(blocked))
      samples.spawnToExit.push(Number(exit))
    }
    if (lines.length !== count)
      throw this.error('does not keep to the protocol', `it gives ${lines.length} samples instead of ${count}`)
    return {samples, systemCall: words}
  }

  async close(): Promise<void> {
    this.closing = true
    if (this.child.exitCode === null && this.child.signalCode === null) this.kill()
    await this.gone
    this.stdin.destroy()
  }

  /** Of the process, to look at from outside; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.child.pid
  }

  private get stdin(): Writable {
    return this.child.stdin as Writable
  }

  private ask(command: string, last: string, row?: string): ReturnType<ProcessRunner['answer']> {
    const answer = this.answer(last, row)
    this.stdin.write(`${command}\n`)
    return answer
  }

  private answer(last: string, row?: string): Promise<{lines: readonly string[]; words: string}> {
    if (this.pending !== undefined) throw new Error(`${this.program.name} is busy`)
    if (this.closing || this.child.exitCode !== null || this.child.signalCode !== null)
      return Promise.reject(
        this.closing ? this.error('was closed') : this.death(this.child.exitCode, this.child.signalCode),
      )
    return new Promise((resolve, reject) => {
      this.pending = {row, last, lines: [], resolve, reject}
    })
  }

  private read(text: string): void {
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop() as string
    for (const line of lines) this.readLine(line)
  }

  private readLine(line: string): void {
    const {pending} = this
    if (pending === undefined) return
    const [, word, words = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
    if (word === 'error') this.fail(this.explain(pending.row, words))
    else if (word === pending.last) {
      this.pending = undefined
      pending.resolve({lines: pending.lines, words})
    } else pending.lines.push(line)
  }

  /** It could not answer any more. */
  private dismiss(): void {
    this.fail(this.error('does not keep to the protocol', 'it has closed its output'))
    this.kill()
  }

  private fail(error: SpawnctlError): void {
    const {pending} = this
    this.pending = undefined
    pending?.reject(error)
  }

  private explain(row: string | undefined, words: string): SpawnctlError {
    const [, code] = /^exit (\d+)$/.exec(words) ?? []
    if (code !== undefined) return programError(this.program, `ended with exit code ${code}`)
    const [, signal] = /^signal (\d+)$/.exec(words) ?? []
    if (signal !== undefined) return programError(this.program, `was killed by ${signalName(Number(signal))}`)
    return this.program.explain?.(row, words) ?? this.error('reports an error', words)
  }

  private death(code: number | null, signal: string | null): SpawnctlError {
    if (signal === null)
      return this.error(
        `ended with exit code ${code}`,
        'it did so by itself; what it had to say, if anything, stands above',
      )
    const {why, next} = deaths[signal] ?? usualDeath
    return this.error(`was killed by ${signal}`, why, next)
  }

  private error(what: string, why?: string, next?: string): SpawnctlError {
    const advice = {...(why !== undefined && {why}), ...(next !== undefined && {next})}
    return new SpawnctlError('E_BENCH_RUNNER', `${this.program.name} ${what}`, advice)
  }

  /** The group has what it spawned. It was made by this process, and its number stays taken until it is empty. */
  private kill(): void {
    if (this.child.pid === undefined) return
    try {
      process.kill(-this.child.pid, 'SIGKILL')
    } catch {
      // nobody is left in it
    }
  }
}

/** Any program, made to end with this process even when that is killed. */
export function tethered(file: string, args: readonly string[]): {file: string; args: readonly string[]} {
  return {file: benchExecutable(), args: ['--tether', file, ...args]}
}
