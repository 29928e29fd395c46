import {getSystemErrorMap} from 'node:util'

interface ErrnoName {
  /** "ENOENT" */
  name: string
  /** "no such file or directory" */
  text: string
}

/** What libuv has no name for. */
const others: ReadonlyMap<number, [name: string, text: string]> = new Map([[87, ['EUSERS', 'too many users']]])

export function describeErrno(errno: number): ErrnoName {
  const [name, text] = getSystemErrorMap().get(-errno) ?? others.get(errno) ?? [`errno ${errno}`, 'unknown error']
  return {name, text}
}
