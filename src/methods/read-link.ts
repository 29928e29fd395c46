import {readlinkSync} from 'node:fs'

/** Where a link leads; undefined where there is none, or it cannot be read. */
export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** In a pid namespace without a /proc of its own a pid would be somebody else's there. */
export function isOwnProc(): boolean {
  return readLink('/proc/self') === String(process.pid)
}
