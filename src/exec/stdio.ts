import {readFileSync} from 'node:fs'
import {setBlocking} from '../native/core.js'

const O_NONBLOCK = 0o4000
const stdio = [0, 1, 2]
let blockingAtStart: readonly number[] = []

function isBlocking(fd: number): boolean {
  try {
    return !(
      Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8) &
      O_NONBLOCK
    )
  } catch {
    return false
  }
}

/**
 * Node's streams make the pipes they use non-blocking, and the description is shared with the program that runs next.
 * To be called before anything touches process.stdin, stdout or stderr.
 */
export function rememberStdio(): void {
  blockingAtStart = stdio.filter(isBlocking)
}

/** Gives 0, 1 and 2 back as they were found. */
export function restoreStdio(): void {
  for (const fd of blockingAtStart) if (!isBlocking(fd)) setBlocking(fd)
}
