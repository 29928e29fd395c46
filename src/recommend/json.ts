import {SpawnctlError} from '../errors.js'
import {errorAsJson, writeAll} from '../exec/output.js'
import {decide, type Question, readQuestion} from './decision.js'

const [stdout, stderr] = [1, 2]
export const usageExit = 2

/** `spawnctl recommend --json`: asks nothing, so it needs neither oclif nor prompts and starts as fast as `exec`. */
export function recommendAsJson(words: readonly string[]): void {
  try {
    writeDecision(readQuestion(words, false))
  } catch (error) {
    if (!(error instanceof SpawnctlError)) throw error
    writeError(error)
    process.exitCode = usageExit
  }
}

export function writeDecision(question: Question, seen?: object): void {
  const result = {...decide(question).result, ...(seen !== undefined && {process: seen})}
  writeAll(stdout, `${JSON.stringify(result, null, 2)}\n`)
}

export function writeError(error: SpawnctlError): void {
  writeAll(stderr, `${JSON.stringify(errorAsJson(error, usageExit))}\n`)
}
