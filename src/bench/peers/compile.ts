import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, readFile, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {SpawnctlError} from '../../errors.js'
import {cacheDirectory} from '../cache-directory.js'
import type {Compilation} from './languages.js'
import {runTool, ToolError} from './tool.js'

export interface Unit {
  readonly name: string
  readonly source: string
  readonly compiler: string
  /** What the compiler says that it is. */
  readonly version: string
  readonly translation: Compilation
}

/** "rustc 1.95.0 (59807616e 2026-04-14)": the commit is more than a table has room for. */
function shortVersion(version: string): string {
  return version.replace(/ \(.*/, '')
}

/** In a directory of its own, which gets its name when all is in it: another process may look for it meanwhile. */
async function compileInto(directory: string, {name, source, compiler, version, translation}: Unit): Promise<void> {
  const fresh = await mkdtemp(`${directory}-`)
  try {
    const env = {...translation.env, SPAWNCTL_PEER_VERSION: shortVersion(version)}
    await runTool(compiler, translation.arguments(source, join(fresh, name)), {cwd: fresh, env})
    await rename(fresh, directory)
  } catch (error) {
    if (!existsSync(join(directory, name))) throw error // else another process was quicker
  } finally {
    await rm(fresh, {recursive: true, force: true})
  }
}

function without(name: string): string {
  return `or measure without it: leave ${name} out of --peers`
}

function noCache({name}: Unit, place: string, why: string): SpawnctlError {
  return new SpawnctlError('E_BENCH_PEER', `the ${name} program cannot be put into the cache`, {
    why,
    next: `set XDG_CACHE_HOME to a directory that this user may write to${place}; ${without(name)}`,
  })
}

function failure(unit: Unit, caches: string, error: unknown): SpawnctlError {
  const {name, compiler} = unit
  if (error instanceof ToolError)
    return new SpawnctlError('E_BENCH_PEER', `the ${name} program does not compile`, {
      why: `${compiler} says: ${error.message}`,
      next: `another version of ${name}; ${without(name)}`,
    })
  return noCache(unit, `, not ${caches}`, (error as Error).message)
}

/**
 * Compiles, once for every state of the source and version of the compiler.
 * @returns the path of the executable
 * @throws {SpawnctlError} with the compiler's words
 */
export async function compile(unit: Unit): Promise<string> {
  const {name, source, version, translation} = unit
  const place = cacheDirectory()
  if (place === undefined) throw noCache(unit, '', 'this user has no home directory, and there is no XDG_CACHE_HOME')
  const caches = join(place, 'peers')
  const args = translation.arguments('source', 'output').join(' ')
  const text = await readFile(source)
  const key = createHash('sha256').update(`${version}\0${args}\0`).update(text).digest('hex').slice(0, 16)
  const directory = join(caches, key)
  const program = join(directory, name)
  if (existsSync(program)) return program
  try {
    await mkdir(caches, {recursive: true})
    await compileInto(directory, unit)
  } catch (error) {
    throw failure(unit, caches, error)
  }
  return program
}
