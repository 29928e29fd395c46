import {getSystemErrorMap} from 'node:util'
import {SpawnctlError, SpawnError} from '../errors.js'

const EINVAL = 22
const EIO = 5
const ENOENT = 2

function numberOf(name: string): number | undefined {
  for (const [errno, [known]] of getSystemErrorMap()) if (known === name) return errno
  const bare = /^errno (\d+)$/.exec(name)
  return bare === null ? undefined : -Number(bare[1])
}

/** What Node's process handle would return for a spawn that failed: a negative errno. Throws what is no such failure. */
export function nodeErrno(error: unknown): number {
  if (error instanceof SpawnError) return (error.failure.errno && numberOf(error.failure.errno)) || -EIO
  if (!(error instanceof SpawnctlError)) throw error
  if (error.code === 'E_OPEN') return (error.cause as NodeJS.ErrnoException).errno ?? -EIO
  return error.code === 'E_FILE' ? -ENOENT : -EINVAL
}
