import {ballastsOf} from './ballasts.js'
import type {Environment} from './environment.js'
import {byRunner} from './left-out.js'
import {type Measurement, measure} from './measure.js'
import type {BenchProgram} from './program.js'
import {Account, type Progress} from './progress.js'
import type {BenchRequest} from './request.js'
import {type BenchResult, schema, type Warning} from './result.js'
import type {Ballast, Runner} from './runner.js'
import {schedule} from './schedule.js'
import {summarize} from './summarize.js'
import {warningsFor} from './warnings.js'

/** What measures, and what it stands on. */
export interface Bench {
  readonly program: BenchProgram
  readonly runners: readonly Runner[]
  readonly environment: Environment
  /** Who traces this process; 0: nobody. */
  readonly tracerPid: number
  /** What is not measured though it was asked for. */
  readonly leftOut: readonly Warning[]
}

export interface Watcher {
  readonly onTrial?: (row: string) => void
  readonly onProgress?: (progress: Progress, row: string) => void
  readonly signal?: AbortSignal
}

const noBallast: Ballast = {memoryBytes: 0, mappings: 0, thp: 'never', mappedBytes: 0, threads: 0}

/** Every row once: a program that fails is found before minutes are spent. */
async function tryAll(runners: readonly Runner[], {onTrial, signal}: Watcher): Promise<void> {
  for (const runner of runners) {
    await runner.carry(noBallast)
    for (const row of runner.rows) {
      signal?.throwIfAborted()
      onTrial?.(row)
      await runner.run(row, 1)
    }
  }
}

async function measureAll(request: BenchRequest, runners: readonly Runner[], watcher: Watcher) {
  const ballasts = ballastsOf(request)
  const rows = runners.flatMap(runner => runner.rows)
  const {wanted, leftOut} = byRunner(ballasts, runners)
  const visits = schedule(wanted, request)
  const account = new Account(visits)
  const measurement: Measurement = await measure(
    visits,
    runners,
    {ballasts, rows},
    {
      onStep: step => watcher.onProgress?.(account.after(step), step.block.row),
      ...(watcher.signal !== undefined && {signal: watcher.signal}),
    },
  )
  return {...measurement, leftOut, rows}
}

/**
 * Measures what is asked for. Once the signal is aborted, what was measured until then is the result.
 * @throws {SpawnctlError} when the program fails, or a runner does
 */
export async function bench(request: BenchRequest, on: Bench, watcher: Watcher = {}): Promise<BenchResult> {
  const startedAt = new Date().toISOString()
  await tryAll(on.runners, watcher)
  const {measured, complete, leftOut, rows} = await measureAll(request, on.runners, watcher)
  const {memoryBytes, mappings, thp, mappedBytes, threads, environmentBytes, iterations, warmup, seed} = request
  const axes = {memoryBytes, mappings, thp, mappedBytes, threads}
  const scenario = {
    program: on.program.path,
    args: on.program.args,
    rows,
    ...axes,
    environmentBytes,
    iterations,
    warmup,
    seed,
  }
  const facts = {schema, startedAt, complete, environment: on.environment, scenario, ...summarize(measured)} as const
  const warnings = [...on.leftOut, ...leftOut, ...warningsFor({...facts, tracerPid: on.tracerPid})]
  return {...facts, warnings}
}
