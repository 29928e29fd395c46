import {readFileSync} from 'node:fs'
import type {Ballast} from './runner.js'

const setting = '/sys/kernel/mm/transparent_hugepage/enabled'

/** What a language can do about huge pages: ask the kernel to give them or not to, or take what comes. */
export type HugePages = 'asks' | 'takes'

/** The word that the system's administrator has chosen: always, madvise or never. */
function systemHugePages(): string {
  try {
    return /\[(\w+)\]/.exec(readFileSync(setting, 'utf8'))?.[1] ?? 'never'
  } catch {
    return 'never' // a kernel without huge pages
  }
}

/**
 * Why a process that knows only the means of its language cannot carry this, to go on with after a colon.
 * @param system what /sys/kernel/mm/transparent_hugepage/enabled says
 */
export function memoryRefusal(
  {memoryBytes, mappings, mappedBytes, threads, thp}: Ballast,
  hugePages: HugePages,
  system = systemHugePages(),
): string | undefined {
  if (mappings > 0 || mappedBytes > 0 || threads > 0) return 'touched memory is all that can be added to it'
  if (memoryBytes === 0 || hugePages === 'asks' || (thp === 'always') === (system === 'always')) return undefined
  if (thp === 'never') return `huge pages back all memory (${setting} says always), and it cannot ask for others`
  return `it cannot ask for huge pages, and without being asked the kernel gives none (${setting} says ${system})`
}
