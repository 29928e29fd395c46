import {type ChildProcess, type SpawnOptions, spawn} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {setTimeout as pause} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

/** What is started, and by what: the tests run the CLI as its users do. */
export const cli = fileURLToPath(new URL('../../bin/spawnctl.cjs', import.meta.url))
export const node = process.execPath

/** Longer than any run takes on a busy machine; what is not done by then hangs. */
const patienceMs = 30_000
const pollMs = 10

export interface CliRun {
  /** Null when a signal ended it, as `signal` tells. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  /** On top of this process's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Written to standard input, then its end; without it standard input is /dev/null. */
  readonly input?: string | Uint8Array
  /** Replaces all three; stdout and stderr are collected where they are pipes. */
  readonly stdio?: SpawnOptions['stdio']
  /** In a session of its own: without the terminal, if any, that the tests run at. */
  readonly detached?: boolean
}

export interface Running {
  readonly process: ChildProcess
  readonly pid: number
  /** Both outputs so far. */
  output(): {stdout: string; stderr: string}
  /** Resolves when the pattern is on standard output; rejects when the process ends without it. */
  untilStdout(pattern: RegExp): Promise<void>
  readonly ended: Promise<CliRun>
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

function start(file: string, args: readonly string[], {cwd, env, input, stdio, detached}: RunOptions): Running {
  const child = spawn(file, [...args], {
    ...(cwd !== undefined && {cwd}),
    env: {...process.env, ...env},
    detached: detached ?? false,
    stdio: stdio ?? [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  child.stdin?.on('error', () => undefined) // the program may end without having read it all
  if (input !== undefined) child.stdin?.end(input)
  const output = () => ({stdout: stdout(), stderr: stderr()})
  const ended = new Promise<CliRun>((resolve, reject) => {
    const impatience = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`still running after ${patienceMs} ms: ${args.join(' ')}\n${JSON.stringify(output())}`))
    }, patienceMs)
    child.on('error', reject)
    child.on('close', (status, signal) => {
      clearTimeout(impatience)
      resolve({status, signal, ...output()})
    })
  })
  ended.catch(() => undefined) // told to whoever awaits it
  const untilStdout = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(stdout()) && resolve()
      child.stdout?.on('data', look)
      look()
      ended.then(run => reject(new Error(`ended without ${pattern}: ${JSON.stringify(run)}`)), reject)
    })
  return {process: child, pid: child.pid as number, output, untilStdout, ended}
}

/** Starts `spawnctl` with these words. */
export function startCli(args: readonly string[], options: RunOptions = {}): Running {
  return start(node, [cli, ...args], options)
}

/** Runs `spawnctl` with these words to its end. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  return startCli(args, options).ended
}

/** Runs any program to its end, as runCli does. */
export function runProgram(file: string, args: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  return start(file, args, options).ended
}

/** Starts a shell on a script in which `spawnctl` is the CLI, and $1, $2 … are the words. */
export function startShell(script: string, words: readonly string[] = [], options: RunOptions = {}): Running {
  // An alias, for bash hands descriptors above 2 down to programs but not to what a function runs.
  const alias = `shopt -s expand_aliases; alias spawnctl='"$NODE" "$CLI"'`
  return start('bash', ['-c', `${alias}\n${script}`, 'bash', ...words], {
    ...options,
    env: {...options.env, NODE: node, CLI: cli},
  })
}

export function runShell(script: string, words: readonly string[] = [], options: RunOptions = {}): Promise<CliRun> {
  return startShell(script, words, options).ended
}

/** Waits until the question is answered with something. */
export async function until<T>(what: string, ask: () => T | undefined | false | null): Promise<T> {
  for (const end = Date.now() + patienceMs; ; await pause(pollMs)) {
    const answer = ask()
    if (answer !== undefined && answer !== false && answer !== null) return answer
    if (Date.now() > end) throw new Error(`never came: ${what}`)
  }
}

/** The living processes (zombies not) that have this "K=V" in the environment they were started with. */
export function processesWith(entry: string): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(entry)
      } catch {
        return false // ended meanwhile
      }
    })
    .map(Number)
}

/** Those that its first thread has made or adopted. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return [] // ended meanwhile
  }
}
