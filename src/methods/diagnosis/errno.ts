import {getSystemErrorMap} from 'node:util'

interface ErrnoName {
  /** "ENOENT" */
  name: string
  /** "no such file or directory" */
  text: string
}

/** What libuv has no name for. */
const others: ReadonlyMap<number, [name: string, text: string]> = new Map([[87, ['EUSERS', 'too many users']]])

/** Of an error that Node's own call has thrown. */
export function describeCause(cause: unknown): ErrnoName {
  return describeErrno(-((cause as NodeJS.ErrnoException).errno ?? 0))
}

export function describeErrno(errno: number): ErrnoName {
  const [name, text] = getSystemErrorMap().get(-errno) ?? others.get(errno) ?? [`errno ${errno}`, 'unknown error']
  return {name, text}
}
