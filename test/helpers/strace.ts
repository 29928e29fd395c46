import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {cli} from './run-cli.js'

/** Longer than any run takes on a busy machine. */
const patienceMs = 30_000

/** One finished system call of a trace. */
export interface TracedCall {
  readonly pid: number
  readonly name: string
  /** Everything between the outer parentheses. */
  readonly args: string
  /** What it returned; undefined for one that did not return. */
  readonly result: number | undefined
}

/** Joins what strace tore apart: "clone( <unfinished ...>" and, later, "<... clone resumed> …". */
function parse(trace: string): readonly TracedCall[] {
  const unfinished = new Map<string, string>()
  const calls: TracedCall[] = []
  for (const line of trace.split('\n')) {
    const [, pid, text] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    if (pid === undefined || text === undefined) continue
    const torn = /^(.*?)\s*<unfinished \.\.\.>/.exec(text)
    if (torn) {
      unfinished.set(pid, torn[1] as string)
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)
    const whole = resumed ? `${unfinished.get(pid)}${resumed[1]}` : text
    const [, name, args, result] = /^(\w+)\((.*)\)\s+= (-?\d+|\?)/.exec(whole) ?? []
    if (name === undefined || args === undefined) continue
    calls.push({pid: Number(pid), name, args, result: result === '?' ? undefined : Number(result)})
  }
  return calls
}

export interface Trace {
  readonly stdout: string
  readonly status: number | null
  readonly calls: readonly TracedCall[]
}

/**
 * Runs a program under strace, all its threads and children; without input its standard input is empty.
 * @param what which calls, as strace's trace= has it
 */
export function trace(words: readonly string[], input = '', what = 'process,network', env = {}): Trace {
  const directory = mkdtempSync('/tmp/spawnctl-trace-')
  const file = join(directory, 'trace')
  try {
    const options = ['-f', '-s', '256', '-e', `trace=${what}`, '-o', file]
    const {status, stdout} = spawnSync('strace', [...options, ...words], {
      encoding: 'utf8',
      input,
      env: {...process.env, ...env},
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    })
    return {stdout, status, calls: parse(readFileSync(file, 'utf8'))}
  } finally {
    rmSync(directory, {recursive: true})
  }
}

export function traceCli(args: readonly string[], what?: string, env?: Readonly<Record<string, string>>): Trace {
  return trace([process.execPath, cli, ...args], '', what, env)
}
