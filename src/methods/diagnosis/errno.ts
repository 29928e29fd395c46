import {getSystemErrorMap} from 'node:util'

interface ErrnoName {
  /** "ENOENT" */
  name: string
  /** "no such file or directory" */
  text: string
}

export function describeErrno(errno: number): ErrnoName {
  const [name, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error']
  return {name, text}
}
