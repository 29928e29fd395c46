import {openNativeRunner} from '../../dist/bench/native-runner.js'
import type {ProcessRunner} from '../../dist/bench/process-runner.js'
import {benchProgram} from '../../dist/bench/program.js'
import {methods} from '../../dist/index.js'
import {withRunner} from './runner-check.js'

/** The native runner of all methods for this program, closed whatever happens. */
export function withNative<T>(
  words: readonly string[],
  use: (runner: ProcessRunner) => Promise<T>,
  environmentBytes = 0,
): Promise<T> {
  return withRunner(program => openNativeRunner(program, methods), benchProgram(words, environmentBytes), use)
}

/** Has every method spawn once. */
export async function runEach(runner: ProcessRunner): Promise<void> {
  for (const method of methods) await runner.run(method, 1)
}
