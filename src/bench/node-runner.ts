import {fileURLToPath} from 'node:url'
import type {ProcessRunner} from './process-runner.js'
import type {BenchProgram} from './program.js'
import {openTethered} from './tethered-runner.js'

const script = fileURLToPath(new URL('./node-runner-process.js', import.meta.url))

/** What the process is told on its command line, as JSON. */
export interface NodeRunnerRequest {
  readonly path: string
  readonly args: readonly string[]
  /** For the programs it spawns. Its own Node takes none: one that preloads register would replace what is measured. */
  readonly nodeOptions: string | undefined
}

/**
 * Starts a Node process that measures Node's own spawn, and the library's.
 * @param rows of nodeRows
 * @throws {SpawnctlError}
 */
export function openNodeRunner({path, args, env}: BenchProgram, rows: readonly string[]): Promise<ProcessRunner> {
  const {NODE_OPTIONS: nodeOptions, ...rest} = env
  const request: NodeRunnerRequest = {path, args, nodeOptions}
  return openTethered({
    name: 'the Node runner',
    rows,
    program: path,
    file: process.execPath,
    args: ['--expose-gc', script, JSON.stringify(request)],
    env: rest,
    hugePages: 'takes',
  })
}
