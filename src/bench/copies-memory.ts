import {touch} from './node-ballast.js'

const pageBytes = 4096
/** Half a huge page, so that none backs it. */
const pages = 256

function faults(): number {
  return process.resourceUsage().minorPageFault
}

/**
 * Whether creating a child copies this process's memory, as fork does, or shares it, as vfork, posix_spawn and clone do.
 * After a copy each page that is written to costs a page fault, even when the child is gone.
 * @param spawn must create a child, whether or not it can execute anything
 */
export function copiesMemory(spawn: () => void): boolean {
  const memory = touch(Buffer.allocUnsafeSlow(pages * pageBytes))
  spawn()
  const before = faults()
  touch(memory)
  return faults() - before > pages / 2
}
