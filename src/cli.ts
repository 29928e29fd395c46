import {readFileSync} from 'node:fs'
import os from 'node:os'
import {fileURLToPath} from 'node:url'
import {commandExits, SpawnctlError, UsageError} from './errors.js'
import {nearestName} from './exec/command-line.js'
import {LostOutput, writeError} from './exec/output.js'
import {rememberStdio} from './exec/stdio.js'

/** Node opens the modules of a command all at once: with fewer it may not get to the command itself. */
const enoughDescriptors = 256

/** What a module that was not opened looks like: the error itself, or a package that seems not to be there. */
const notOpened = ['EMFILE', 'ENFILE', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND']

function mostDescriptors(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  } catch {
    return Infinity
  }
}

function explain(error: Error, most: number): SpawnctlError | undefined {
  const {code = ''} = error as NodeJS.ErrnoException
  if (!notOpened.includes(code) || (code !== 'EMFILE' && most >= enoughDescriptors)) return undefined
  return new SpawnctlError('E_OPEN', `the command cannot be loaded: too many open files (${code})`, {
    why: `${most === Infinity ? '' : `RLIMIT_NOFILE is ${most}, and `}Node opens the modules of a command all at once; spawnctl exec needs only a few`,
    next: `ulimit -n ${enoughDescriptors}; where that is not allowed, raise the hard limit: prlimit --nofile=${enoughDescriptors}`,
  })
}

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

/** Before oclif's own listener, which throws the error where nobody catches it. A reader that has gone has read enough. */
function explainLostOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    writeError(new LostOutput(error.code ?? ''), false, commandExits.failed)
    process.exit(commandExits.failed)
  })
}

/** Everything but a plain exec: help, version, the other commands. */
export async function main(words: readonly string[]): Promise<void> {
  rememberStdio()
  explainLostOutput()
  allowNoAccount()
  const most = mostDescriptors() // while there are some left to read it with
  try {
    const {Config, flush, handle, run} = await import('@oclif/core')
    try {
      // There are no plugins; oclif would warn of a home that it may not read.
      const config = await Config.load({root: fileURLToPath(import.meta.url), userPlugins: false})
      refuseUnknown(words, config.commandIDs)
      await run([...words], config)
      await flush()
    } catch (error) {
      if (error instanceof UsageError || explain(error as Error, most) !== undefined) throw error
      await handle(error as Error)
    }
  } catch (error) {
    const isUsage = error instanceof UsageError
    const known = isUsage ? error : explain(error as Error, most)
    if (known === undefined) throw error
    process.exitCode = isUsage ? commandExits.usage : commandExits.failed
    writeError(known, isUsage && beforeProgram(words).includes('--json'), process.exitCode)
  }
}
