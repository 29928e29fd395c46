import {closeSync, constants, openSync} from 'node:fs'
import {type Advice, PlanError} from '../errors.js'
import {pathLimits} from '../plan/path-limits.js'
import type {Plan} from '../plan/plan.js'
import {shellPath} from '../plan/shell-words.js'
import type {FileAccess, FileSource, Step} from '../plan/step.js'
import {describeCause} from './diagnosis/errno.js'

const {O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_NOCTTY} = constants
const createMode = 0o666

const flags: Readonly<Record<FileAccess, number>> = {
  read: O_RDONLY,
  write: O_WRONLY | O_CREAT | O_TRUNC,
  append: O_WRONLY | O_CREAT | O_APPEND,
  'read-write': O_RDWR | O_CREAT,
}

const explanations: Readonly<Record<string, string>> = {
  ENOENT: 'the file, or the directory that it should be created in, does not exist',
  EACCES: 'its mode, or that of a directory on its path, does not let this user in',
  EISDIR: 'it is a directory',
  EMFILE: 'this process is at its limit of open files (ulimit -n)',
  ENOTDIR: 'a part of its path is a file, and no directory',
  ...pathLimits,
  ENXIO: 'it is a socket, or a device that is not there',
  EROFS: 'its file system is mounted read-only',
  ETXTBSY: 'it is a program that is running',
}

/** Why a file could not be opened, where that is known, and what shows more. */
export function adviseOpen(path: string, errno: string): Advice {
  const why = explanations[errno]
  return {...(why !== undefined && {why}), next: `ls -ld ${shellPath(path)}`}
}

/** A device is there or is not: a file of its name would fill up, and be found by everybody after. */
const nullDevice = '/dev/null'

export function openFlags({path, access}: FileSource): {flags: number; mode?: number} {
  const all = (flags[access] | O_NOCTTY) & (path === nullDevice ? ~O_CREAT : ~0)
  return all & O_CREAT ? {flags: all, mode: createMode} : {flags: all}
}

function open(source: FileSource): number {
  const {path, access} = source
  const {flags: how, mode} = openFlags(source)
  try {
    return openSync(path, how, mode)
  } catch (cause) {
    const {name, text} = describeCause(cause)
    const error = new PlanError(
      'E_OPEN',
      `${path} cannot be opened (${access}): ${text} (${name})`,
      adviseOpen(path, name),
    )
    throw Object.assign(error, {cause})
  }
}

type Steps = readonly Step[]

function sourcesIn(steps: Steps): readonly FileSource[] {
  const placements = steps.flatMap(step => (step.kind === 'descriptors' ? step.placements : []))
  const sources = placements.flatMap(({from}) => (typeof from === 'object' ? [from] : []))
  return [...new Set(sources)]
}

function withNumbers(steps: Steps, sources: readonly FileSource[], numbers: readonly number[]): Steps {
  const numberOf = (source: FileSource) => numbers[sources.indexOf(source)] as number
  return steps.map(step => {
    if (step.kind !== 'descriptors') return step
    const placements = step.placements.map(placement => {
      const {from} = placement
      return {...placement, from: typeof from === 'object' ? numberOf(from) : from}
    })
    return {...step, placements}
  })
}

interface Known {
  readonly sources: readonly FileSource[]
  /** By the numbers that the files got, which are the same again and again. */
  readonly opened: Map<string, Steps>
}

const known = new WeakMap<Steps, Known>()
const mostOpened = 100

function knownOf(steps: Steps): Known {
  const found = known.get(steps) ?? {sources: sourcesIn(steps), opened: new Map()}
  known.set(steps, found)
  return found
}

/** A plan with numbers in the place of files. */
export interface WithFiles {
  readonly plan: Plan
  /** Their numbers, for who closes them; to be called once. */
  take(): readonly number[]
  /** Closes what nobody has taken. */
  close(): void
}

/**
 * Opens the files that a plan's descriptors name, as the caller and close-on-exec, before a child exists: an error is
 * the caller's to see, and no open blocks in a child that a caller waits for.
 */
export function openFiles(plan: Plan): WithFiles {
  const {sources, opened} = knownOf(plan.steps)
  const numbers: number[] = []
  const take = () => numbers.splice(0)
  const close = () => {
    for (const fd of numbers) closeSync(fd)
  }
  if (sources.length === 0) return {plan, take, close}
  try {
    for (const source of sources) numbers.push(open(source))
  } catch (error) {
    close()
    throw error
  }
  const key = String(numbers)
  const steps = opened.get(key) ?? withNumbers(plan.steps, sources, numbers)
  if (opened.size >= mostOpened) opened.clear()
  opened.set(key, steps)
  return {plan: {...plan, steps}, take, close}
}
