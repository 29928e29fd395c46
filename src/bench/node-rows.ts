import {type ChildProcess, type SpawnOptions, spawn as spawnByNode} from 'node:child_process'
import {constants} from 'node:os'
import type {Child} from '../process/child.js'
import {spawn as spawnByLibrary} from '../process/spawn.js'
import {copiesMemory} from './copies-memory.js'
import {nodeRows} from './options.js'

interface NodeRow {
  readonly spawn: (path: string, args: readonly string[], options: SpawnOptions) => ChildProcess
  /** What created this child. */
  readonly systemCall: (child: ChildProcess) => string
}

/** Exists, and cannot be executed. */
const noProgram = '/'

let libuvCopies: boolean | undefined

/** libuv has no word for it: up to now it forks, and one to come may not. */
function libuvCall(): string {
  libuvCopies ??= copiesMemory(() => void spawnByNode(noProgram, {stdio: 'ignore'}).on('error', () => {}))
  return libuvCopies ? 'fork (libuv)' : 'a call that shares memory (libuv)'
}

const rows: Readonly<Record<string, NodeRow>> = {
  [nodeRows.node]: {spawn: spawnByNode, systemCall: libuvCall},
  [nodeRows.library]: {spawn: spawnByLibrary, systemCall: child => (child as Child).method as string},
}

/** What standard output is told, after the samples or in place of them. */
function errorFor(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `error signal ${constants.signals[signal]}`
  return code === 0 ? undefined : `error exit ${code}`
}

interface Timed {
  readonly child: ChildProcess
  readonly sample: string
  readonly error: string | undefined
}

function timed({spawn}: NodeRow, path: string, args: readonly string[]): Promise<Timed> {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint()
    const child = spawn(path, args, {stdio: ['ignore', 'ignore', 'inherit']})
    const free = process.hrtime.bigint()
    child.once('exit', (code, signal) => {
      const sample = `${free - started} ${process.hrtime.bigint() - started}`
      resolve({child, sample, error: errorFor(code, signal)})
    })
    child.once('error', reject)
  })
}

/**
 * Spawns this often, one after another, each time to the end.
 * @returns the lines of the answer
 */
export async function runNodeRow(
  name: string,
  count: number,
  path: string,
  args: readonly string[],
): Promise<string[]> {
  const row = rows[name]
  if (row === undefined || count === 0) return [`error run ${name} ${count}: there is nothing to do`]
  const lines: string[] = []
  let last: ChildProcess | undefined
  for (let i = 0; i < count; i++) {
    const {child, sample, error} = await timed(row, path, args)
    if (error !== undefined) return [error]
    lines.push(sample)
    last = child
  }
  return [...lines, `done ${row.systemCall(last as ChildProcess)}`]
}
