import {readFileSync} from 'node:fs'
import {SpawnctlError} from './errors.js'
import {writeError} from './exec/output.js'
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

/** Everything but a plain exec: help, version, the other commands. */
export async function main(words: readonly string[]): Promise<void> {
  rememberStdio()
  const most = mostDescriptors() // while there are some left to read it with
  try {
    const {flush, handle, run} = await import('@oclif/core')
    try {
      await run([...words], import.meta.url)
      await flush()
    } catch (error) {
      if (explain(error as Error, most) !== undefined) throw error
      await handle(error as Error)
    }
  } catch (error) {
    const known = explain(error as Error, most)
    if (known === undefined) throw error
    writeError(known, false)
    process.exitCode = 1
  }
}
