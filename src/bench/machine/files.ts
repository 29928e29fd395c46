import {readdirSync, readFileSync} from 'node:fs'

/** The text of a file, by its absolute path, without the newline at its end; undefined where it cannot be read. */
export type ReadText = (path: string) => string | undefined

/** What /proc and /sys tell. */
export interface Files {
  readonly read: ReadText
  /** The names in a directory; none where it cannot be read. */
  readonly list: (path: string) => readonly string[]
}

function orElse<T>(get: () => T, otherwise: T): T {
  try {
    return get()
  } catch {
    return otherwise
  }
}

/** @param root what stands for /; another one only in tests */
export function filesBelow(root: string): Files {
  return {
    read: path => orElse(() => readFileSync(root + path, 'utf8').trimEnd(), undefined),
    list: path => orElse(() => readdirSync(root + path), []),
  }
}

export const machineFiles = filesBelow('')

/** A file that is one number; undefined where it is not there, or is a word as "max". */
export function readNumber(read: ReadText, path: string): number | undefined {
  const text = read(path)
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/** The line of /proc/meminfo, in bytes. */
export function meminfoBytes(read: ReadText, field: string): number | undefined {
  const [, kibibytes] = new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(read('/proc/meminfo') ?? '') ?? []
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

/** The line of /proc/self/status. */
export function statusField(read: ReadText, field: string): string | undefined {
  return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(read('/proc/self/status') ?? '')?.[1]
}
