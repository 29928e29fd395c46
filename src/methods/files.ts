import {closeSync, constants, openSync} from 'node:fs'
import {PlanError} from '../errors.js'
import type {Plan} from '../plan/plan.js'
import type {FileAccess, FileSource, Step} from '../plan/step.js'
import {describeErrno} from './diagnosis/errno.js'

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
}

export function openFlags(access: FileAccess): {flags: number; mode?: number} {
  const all = flags[access] | O_NOCTTY
  return all & O_CREAT ? {flags: all, mode: createMode} : {flags: all}
}

function open({path, access}: FileSource): number {
  const {flags: how, mode} = openFlags(access)
  try {
    return openSync(path, how, mode)
  } catch (cause) {
    const {name, text} = describeErrno(-((cause as NodeJS.ErrnoException).errno ?? 0))
    const why = explanations[name]
    throw new PlanError('E_OPEN', `${path} cannot be opened (${access}): ${text} (${name})`, {
      ...(why !== undefined && {why}),
      next: `ls -ld ${path}`,
    })
  }
}

/**
 * Opens the files that a plan's descriptors name, as the caller and close-on-exec, before a child exists: an error is
 * the caller's to see, and no open blocks in a child that a caller waits for.
 * @returns the plan with numbers in the files' place, and the function that closes them
 */
export function openFiles(plan: Plan): {plan: Plan; close: () => void} {
  const opened = new Map<FileSource, number>()
  const close = () => {
    for (const fd of opened.values()) closeSync(fd)
  }
  const number = (source: FileSource): number => {
    const fd = opened.get(source) ?? open(source)
    opened.set(source, fd)
    return fd
  }
  const withNumbers = (step: Step): Step =>
    step.kind === 'descriptors'
      ? {
          ...step,
          placements: step.placements.map(({to, from}) => ({to, from: typeof from === 'object' ? number(from) : from})),
        }
      : step
  try {
    return {plan: {...plan, steps: plan.steps.map(withNumbers)}, close}
  } catch (error) {
    close()
    throw error
  }
}
