import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {dirname, join} from 'node:path'
import {type Advice, PlanError} from '../errors.js'
import type {Plan} from '../plan/plan.js'
import {noProc} from '../plan/proc.js'
import type {Cgroup, CgroupLimits, OpenCgroup} from '../plan/step.js'
import {named, type Place, places, type Tree} from './cgroup-places.js'
import {readTree, settings} from './cgroup-tree.js'
import {forCaller} from './diagnosis/sudo.js'
import {nap} from './nap.js'

/** What is done to the file system of control groups; a dry run only writes it down. */
export interface CgroupCalls {
  mkdir(directory: string): void
  write(file: string, text: string): void
  open(path: string, flags: number): number
  close(fd: number): void
  /** Removes directories of control groups; those that still have processes stay. Returns the ones that stay. */
  remove(directories: readonly string[]): readonly string[]
}

function limit({directory, version, controllers}: Place, limits: CgroupLimits, calls: CgroupCalls): void {
  for (const {file, text} of controllers.flatMap(name => settings(name, limits, directory, version)))
    calls.write(file, text)
}

function open(directory: string, version: 1 | 2, calls: CgroupCalls): OpenCgroup {
  const {O_WRONLY, O_RDONLY, O_DIRECTORY} = constants
  const procs = calls.open(join(directory, 'cgroup.procs'), O_WRONLY)
  if (version === 1) return {procs}
  try {
    return {procs, directory: calls.open(directory, O_RDONLY | O_DIRECTORY)}
  } catch (error) {
    calls.close(procs)
    throw error
  }
}

function explain({code, path}: NodeJS.ErrnoException): Advice {
  if (path?.startsWith('/proc/')) return noProc('which tells where control groups are')
  switch (code) {
    case 'EINVAL':
    case 'ERANGE':
      return {
        why: 'the kernel does not take the limit: cpu.max wants at least 1000 µs, in a period of 1000 to 1000000 µs',
        next: '--cpu-max 10%, --pids-max 100, --memory-max 64M',
      }
    case 'EROFS':
      return {
        why: 'the file system of control groups is mounted read-only, as it mostly is in a container',
        next: 'run spawnctl outside of it, or in a container that may write to /sys/fs/cgroup; spawnctl doctor tells what is delegated',
      }
    default:
      return {
        why:
          process.geteuid?.() === 0
            ? 'the kernel refuses it to root as well: a user namespace around spawnctl, or a security policy, may be the reason'
            : 'control groups belong to root, unless they are delegated',
        next: forCaller(
          'sudo, or systemd-run --user --scope -p Delegate=yes spawnctl exec …; spawnctl doctor tells what is delegated',
        ),
      }
  }
}

function fail(what: string, cause: unknown): never {
  if (cause instanceof PlanError) throw cause
  throw new PlanError('E_CGROUP', `${what}: ${(cause as Error).message}`, explain(cause as NodeJS.ErrnoException))
}

/**
 * Removes directories of control groups, with those that a program has made below; those that still have processes stay.
 * Returns the ones that stay.
 */
export function removeCgroups(directories: readonly string[]): readonly string[] {
  return directories.filter(directory => {
    try {
      const below = readdirSync(directory, {withFileTypes: true}).filter(entry => entry.isDirectory())
      removeCgroups(below.map(({name}) => join(directory, name)))
      rmdirSync(directory)
      return false
    } catch {
      return existsSync(directory)
    }
  })
}

/** How long processes that were sent a signal, and are not ours to wait for, are given. */
const endingMs = 1000

/** As removeCgroups, for groups whose processes were sent a signal: the last of them may be about to end. */
export function removeEndingCgroups(directories: readonly string[]): readonly string[] {
  for (const end = performance.now() + endingMs; ; nap(1)) {
    const left = removeCgroups(directories)
    if (left.length === 0 || performance.now() > end) return left
  }
}

/** As removeCgroups where nobody is to be kept waiting: those that stay are tried again a few times meanwhile. */
export function leaveCgroups(directories: readonly string[], [pauseMs, ...pausesMs] = [10, 100, 1000]): void {
  const left = removeCgroups(directories)
  if (left.length > 0 && pauseMs !== undefined) setTimeout(leaveCgroups, pauseMs, left, pausesMs)
}

const staleMs = 60_000

/** Removes empty groups whose spawnctl was killed before it could; of a running one they are seldom empty, and never old. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^spawnctl-(\d+)-\d+$/.exec(name)?.[1]
    const directory = join(parent, name)
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    if (Date.now() - (statSync(directory, {throwIfNoEntry: false})?.mtimeMs ?? Date.now()) > staleMs)
      removeCgroups([directory])
  }
}

function makeAfterSweeping(directory: string): void {
  sweep(dirname(directory))
  mkdirSync(directory)
}

const really: CgroupCalls = {
  mkdir: makeAfterSweeping,
  write: writeFileSync,
  open: openSync,
  close: closeSync,
  remove: removeCgroups,
}

/** @param created gets the directories that were made */
function newGroups(
  path: string | undefined,
  limits: CgroupLimits,
  tree: Tree,
  calls: CgroupCalls,
  created: string[],
): readonly Place[] {
  for (;;) {
    const found = places(path, limits, tree, calls.write)
    try {
      for (const {directory} of found) {
        calls.mkdir(directory)
        created.push(directory)
      }
      return found
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      calls.remove(created.splice(0))
    }
  }
}

/**
 * Opens a plan's control group, or makes one with its limits.
 * @returns the plan with descriptors in it, what was made and is to be removed when its processes have ended, and the
 *   function that closes the descriptors
 * @throws {PlanError}
 */
export function openCgroup(plan: Plan, calls = really): {plan: Plan; made: readonly string[]; close: () => void} {
  const step = plan.steps.find(candidate => candidate.kind === 'cgroup')
  if (step === undefined) return {plan, made: [], close: () => undefined}
  const opened: OpenCgroup[] = []
  const created: string[] = []
  const close = () => {
    for (const {procs, directory} of opened) for (const fd of [procs, directory]) if (fd !== undefined) calls.close(fd)
  }
  try {
    const tree = readTree()
    if (step.limits === undefined) {
      const {directory, version} = named(step.path as string, tree)
      opened.push(open(directory, version, calls))
    } else
      for (const place of newGroups(step.path, step.limits, tree, calls, created)) {
        limit(place, step.limits, calls)
        opened.push(open(place.directory, place.version, calls))
      }
    const withDescriptors: Cgroup = {...step, open: opened}
    return {
      plan: {...plan, steps: plan.steps.map(other => (other === step ? withDescriptors : other))},
      made: created,
      close,
    }
  } catch (cause) {
    close()
    calls.remove(created)
    return fail(
      step.limits === undefined ? 'the control group cannot be entered' : 'no control group can be made',
      cause,
    )
  }
}
