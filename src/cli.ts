import os from 'node:os'
import {fileURLToPath} from 'node:url'
import {commandExits, UsageError} from './errors.js'
import {nearestName} from './exec/command-line.js'
import {LostOutput, writeError} from './exec/output.js'
import {rememberStdio} from './exec/stdio.js'
import {explainUnopened} from './exec/unopened.js'

/** What may stand in a command's place; package.json names the short ones to oclif. */
const helpFlags = ['--help', '-h']
const versionFlags = ['--version', '-V']

/** The words less those of a program. */
function beforeProgram(words: readonly string[]): readonly string[] {
  return words.includes('--') ? words.slice(0, words.indexOf('--')) : words
}

/** @throws {UsageError} where the line does not begin with a command: oclif would say so in words of its own */
function refuseUnknown(words: readonly string[], commands: readonly string[]): void {
  const first = words[0]
  if (first === undefined || commands.includes(first) || versionFlags.includes(first)) return
  if (!first.startsWith('-')) {
    const near = nearestName(first, commands)
    const next = near === undefined ? '--help lists the commands' : `did you mean ${near.replace(':', ' ')}?`
    throw new UsageError(`unknown command ${first || '""'}`, {next})
  }
  if (beforeProgram(words).some(word => helpFlags.includes(word))) return
  throw new UsageError(`unknown option ${first.replace(/=.*/s, '')}`, {
    next: 'begin with a command; --help lists the commands',
  })
}

/** oclif asks after a home and a shell, of which nothing is used here; Node throws for a user whom /etc/passwd does not know. */
function allowNoAccount(): void {
  const {homedir, userInfo} = os
  const known = <T>(ask: () => T, otherwise: T) => {
    try {
      return ask()
    } catch {
      return otherwise
    }
  }
  Object.assign(os, {
    homedir: () => known(homedir, ''),
    userInfo: () => known<{shell: string | null}>(userInfo, {shell: null}),
  })
}

function leaveWithout(output: LostOutput): never {
  writeError(output, false, commandExits.failed)
  process.exit(commandExits.failed)
}

/** Before oclif's own listener, which throws the error where nobody catches it. A reader that has gone has read enough. */
function explainLostOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    leaveWithout(new LostOutput(error.code ?? ''))
  })
}

/**
 * Everything but a plain exec: help, version, the other commands.
 * @param most how many descriptors there may be
 * @throws what reportUnopened tells of
 */
export async function main(words: readonly string[], most: number): Promise<void> {
  rememberStdio()
  explainLostOutput()
  allowNoAccount()
  try {
    const {Config, flush, handle, run} = await import('@oclif/core')
    try {
      // There are no plugins; oclif would warn of a home that it may not read.
      const config = await Config.load({root: fileURLToPath(import.meta.url), userPlugins: false})
      refuseUnknown(words, config.commandIDs)
      await run([...words], config)
      await flush()
    } catch (error) {
      if (error instanceof UsageError || explainUnopened(error as Error, most) !== undefined) throw error
      if (error instanceof LostOutput) leaveWithout(error)
      await handle(error as Error)
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.exitCode = commandExits.usage
    writeError(error, beforeProgram(words).includes('--json'), process.exitCode)
  }
}
