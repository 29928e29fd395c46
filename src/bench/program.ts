import {accessSync, constants, statSync} from 'node:fs'
import {resolve} from 'node:path'
import {UsageError} from '../errors.js'
import {shellPath, shellWords} from '../plan/shell-words.js'

/** What is spawned: to every row the same path, arguments and environment, so that none has to search. */
export interface BenchProgram {
  /** Absolute; also argv[0]. */
  readonly path: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** execve takes no longer string than 128 KiB. */
const variableBytes = 65_536

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Absolute; undefined when PATH has none. A name with a slash is a path. */
export function findProgram(name: string): string | undefined {
  const path = process.env.PATH ?? '/bin:/usr/bin'
  const places = name.includes('/') ? [name] : path.split(':').map(directory => `${directory || '.'}/${name}`)
  const found = places.find(isProgram)
  return found === undefined ? undefined : resolve(found)
}

function find(name: string): string {
  const found = findProgram(name)
  if (found !== undefined) return found
  throw new UsageError(`there is no program "${name}"`, {
    why: name.includes('/')
      ? 'no file of this name that this user may execute'
      : `none of the directories of PATH has one`,
    next: name.includes('/') ? `ls -l ${shellPath(name)}` : `command -v ${shellWords([name])}; or name it by its path`,
  })
}

/** This process's own, with that many bytes of further variables. */
function environment(furtherBytes: number): Record<string, string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(entry => entry[1] !== undefined)) as Record<
    string,
    string
  >
  for (let i = 0, left = furtherBytes; left > 0; i++, left -= variableBytes) {
    const name = `SPAWNCTL_BENCH_${i}`
    const overhead = name.length + '=\0'.length
    env[name] = 'x'.repeat(Math.max(0, Math.min(left, variableBytes) - overhead))
  }
  return env
}

/**
 * @param words the program, by path or by a name that PATH has, and its arguments
 * @throws {UsageError} when there is none
 */
export function benchProgram([name = '', ...args]: readonly string[], environmentBytes = 0): BenchProgram {
  return {path: find(name), args, env: environment(environmentBytes)}
}
