import {SpawnctlError} from '../errors.js'
import {errorAsJson, writeAll} from '../exec/output.js'
import {decide, readQuestion} from './decision.js'

const [stdout, stderr] = [1, 2]
export const usageExit = 2

/** `spawnctl recommend --json`: asks nothing, so it needs neither oclif nor prompts and starts as fast as `exec`. */
export function recommendAsJson(words: readonly string[]): void {
  try {
    writeAll(stdout, `${JSON.stringify(decide(readQuestion(words, false)).result, null, 2)}\n`)
  } catch (error) {
    if (!(error instanceof SpawnctlError)) throw error
    writeAll(stderr, `${JSON.stringify(errorAsJson(error, usageExit))}\n`)
    process.exitCode = usageExit
  }
}
