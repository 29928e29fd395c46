import {commandExits, SpawnctlError} from '../errors.js'
import {softLimit} from '../methods/soft-limit.js'
import {writeError} from './output.js'

/** Node opens the modules of a command all at once: with fewer it may not get to the command itself. */
const enoughDescriptors = 256

/** What a module that was not opened looks like: the error itself, or a package that seems not to be there. */
const notOpened = ['EMFILE', 'ENFILE', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND']

export function mostDescriptors(): number {
  return softLimit('Max open files') ?? Infinity
}

/** What is said of a command whose modules could not all be opened; undefined where something else has failed. */
export function explainUnopened(error: Error, most: number): SpawnctlError | undefined {
  const {code = ''} = error as NodeJS.ErrnoException
  if (!notOpened.includes(code) || (code !== 'EMFILE' && most >= enoughDescriptors)) return undefined
  return new SpawnctlError('E_OPEN', `the command cannot be loaded: too many open files (${code})`, {
    why: `${most === Infinity ? '' : `RLIMIT_NOFILE is ${most}, and `}Node opens the modules of a command all at once; spawnctl exec needs only a few`,
    next: `ulimit -n ${enoughDescriptors}; where that is not allowed, raise the hard limit: prlimit --nofile=${enoughDescriptors}`,
  })
}

/** @throws the error itself, where something else has failed */
export function reportUnopened(error: Error, most: number): void {
  const known = explainUnopened(error, most)
  if (known === undefined) throw error
  process.exitCode = commandExits.failed
  writeError(known, false, commandExits.failed)
}
