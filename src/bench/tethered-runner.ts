import {SpawnctlError} from '../errors.js'
import {type HugePages, memoryRefusal} from './memory-refusal.js'
import {ProcessRunner, type RunnerProgram, tethered} from './process-runner.js'

/** A runner that is no C program, by what starts it. */
export interface TetheredProgram extends Pick<RunnerProgram, 'name' | 'rows' | 'program' | 'file' | 'args' | 'env'> {
  readonly hugePages: HugePages
}

/** The words behind "error" that say more than those of src/native/bench.h. */
function explain(name: string, program: string, words: string): SpawnctlError | undefined {
  const [, what, why = ''] = /^(spawn|carry) (.*)$/.exec(words) ?? []
  switch (what) {
    case 'spawn':
      return new SpawnctlError('E_BENCH_PROGRAM', `${name} cannot start ${program}`, {why})
    case 'carry':
      return new SpawnctlError('E_BENCH_RUNNER', `${name} cannot make its ballast`, {why})
  }
  return undefined
}

/**
 * Starts it; it ends with this process.
 * @throws {SpawnctlError}
 */
export function openTethered({hugePages, file, args, ...program}: TetheredProgram): Promise<ProcessRunner> {
  return ProcessRunner.start({
    ...program,
    ...tethered(file, args),
    refusal: ballast => memoryRefusal(ballast, hugePages),
    explain: (_, words) => explain(program.name, program.program, words),
  })
}
