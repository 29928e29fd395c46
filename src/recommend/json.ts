import {commandExits, SpawnctlError} from '../errors.js'
import {LostOutput, print, writeError} from '../exec/output.js'
import {decide, type Question, readQuestion} from './decision.js'

/** `spawnctl recommend --json`: asks nothing, so it needs neither oclif nor prompts and starts as fast as `exec`. */
export function recommendAsJson(words: readonly string[]): void {
  try {
    writeDecision(readQuestion(words, false))
  } catch (error) {
    if (!(error instanceof SpawnctlError)) throw error
    process.exitCode = complain(error, true)
  }
}

/** Returns what to leave with. */
export function complain(error: SpawnctlError, asJson: boolean): number {
  const exitCode = error instanceof LostOutput ? commandExits.failed : commandExits.usage
  writeError(error, asJson, exitCode)
  return exitCode
}

export function writeDecision(question: Question, seen?: object): void {
  const result = {...decide(question).result, ...(seen !== undefined && {process: seen})}
  print(`${JSON.stringify(result, null, 2)}\n`)
}
