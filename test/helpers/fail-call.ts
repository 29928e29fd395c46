import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {fixture} from './fixture.js'
import {type CliRun, cli, node, runProgram} from './run-cli.js'

/** The `call`-th system call of the `process`-th process that is created, both from 1. */
export interface Fault {
  readonly process: number
  readonly call: number
  readonly errno: number
}

export interface Watched extends CliRun {
  /** By process in the order of their creation, the numbers of the system calls that it made, its execve the last. */
  readonly calls: readonly (readonly number[])[]
}

function parse(log: string): readonly (readonly number[])[] {
  const processes: number[][] = []
  for (const line of log.split('\n').filter(Boolean)) {
    const [process, number] = line.split(' ').map(Number) as [number, number]
    const calls = processes[process - 1] ?? []
    calls.push(number)
    processes[process - 1] = calls
  }
  return processes
}

/** Runs `spawnctl` with these words and watches the processes that it creates; one call of theirs may be failed. */
export async function failCall(words: readonly string[], fault?: Fault): Promise<Watched> {
  const directory = mkdtempSync('/tmp/spawnctl-fault-')
  const log = join(directory, 'log')
  const {process = 0, call = 0, errno = 0} = fault ?? {}
  try {
    const run = await runProgram(fixture('fail-call'), [log, `${process}:${call}:${errno}`, node, cli, ...words])
    return {...run, calls: parse(readFileSync(log, 'utf8'))}
  } finally {
    rmSync(directory, {recursive: true})
  }
}
