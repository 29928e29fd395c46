import {closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {PlanError} from '../errors.js'
import type {Plan} from '../plan/plan.js'
import type {Cgroup, CgroupLimits, OpenCgroup} from '../plan/step.js'
import {type Controller, controllersFor, readTree, settings} from './cgroup-tree.js'

type Tree = ReturnType<typeof readTree>

interface Place {
  readonly directory: string
  readonly version: 1 | 2
  readonly controllers: readonly Controller[]
}

let made = 0

function words(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split(/\s+/).filter(Boolean) : []
}

function named(path: string, {mounts}: Tree): {directory: string; version: 1 | 2} {
  const found = [path, ...(mounts.unified === undefined ? [] : [join(mounts.unified, path)])].find(directory =>
    existsSync(join(directory, 'cgroup.procs')),
  )
  if (found !== undefined) return {directory: found, version: existsSync(join(found, 'cgroup.clone_children')) ? 1 : 2}
  throw new PlanError('E_CGROUP', `there is no control group ${path}`, {
    why: mounts.unified === undefined ? 'cgroup v2 is not mounted here' : `neither there nor below ${mounts.unified}`,
    next: 'systemd-cgls shows those that are there; make one: mkdir',
  })
}

/**
 * The nearest one of version 2, from the caller's own upwards, that gives these controllers to those below it, or that
 * can be told to: one with processes of its own cannot, but for the root.
 */
function unifiedParent(start: string, top: string, needed: readonly Controller[]): string | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    const given = words(join(directory, 'cgroup.subtree_control'))
    const missing = needed.filter(controller => !given.includes(controller))
    if (missing.length === 0) return directory
    const available = words(join(directory, 'cgroup.controllers'))
    const isFree = directory === top || words(join(directory, 'cgroup.procs')).length === 0
    if (isFree && missing.every(controller => available.includes(controller)))
      try {
        writeFileSync(join(directory, 'cgroup.subtree_control'), missing.map(name => `+${name}`).join(' '))
        return directory
      } catch {
        // Not ours to tell: further up it may have been told.
      }
    if (directory === top || !directory.startsWith(top)) return undefined
  }
}

function refuse(missing: readonly Controller[]): never {
  throw new PlanError('E_CGROUP', `no control group here can limit ${missing.join(' and ')}`, {
    why: 'the controllers are neither in version 1, nor given to a control group of version 2 that this user may divide',
    next: 'sudo; or in a delegated one: systemd-run --user --scope -p Delegate=yes spawnctl exec …; spawnctl doctor tells more',
  })
}

/** Where groups of our own go: one below a version 2 group, or one for each controller that version 1 has. */
function places(path: string | undefined, limits: CgroupLimits, tree: Tree): readonly Place[] {
  const {mounts, own} = tree
  const needed = controllersFor(limits)
  const name = `spawnctl-${process.pid}-${++made}`
  const start = path === undefined ? undefined : named(path, tree)
  if (start?.version === 1) return [{...start, directory: join(start.directory, name), controllers: needed}]
  const legacy = start === undefined ? needed.filter(controller => mounts.legacy[controller] !== undefined) : []
  const unified = needed.filter(controller => !legacy.includes(controller))
  const found: Place[] = legacy.map(controller => ({
    directory: join(mounts.legacy[controller] as string, own.legacy[controller] ?? '/', name),
    version: 1,
    controllers: [controller],
  }))
  if (unified.length === 0) return found
  if (mounts.unified === undefined) refuse(unified)
  const from = start?.directory ?? join(mounts.unified, own.unified ?? '/')
  const parent = unifiedParent(from, start?.directory ?? mounts.unified, unified) ?? refuse(unified)
  return [...found, {directory: join(parent, name), version: 2, controllers: unified}]
}

function make({directory, version, controllers}: Place, limits: CgroupLimits): void {
  for (const {file, text} of controllers.flatMap(name => settings(name, limits, directory, version)))
    writeFileSync(file, text)
}

function open(directory: string, version: 1 | 2): OpenCgroup {
  const procs = openSync(join(directory, 'cgroup.procs'), constants.O_WRONLY)
  if (version === 1) return {procs}
  return {procs, directory: openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)}
}

function fail(what: string, cause: unknown): never {
  if (cause instanceof PlanError) throw cause
  throw new PlanError('E_CGROUP', `${what}: ${(cause as Error).message}`, {
    why: 'control groups belong to root, unless they are delegated',
    next: 'sudo, or systemd-run --user --scope -p Delegate=yes spawnctl exec …',
  })
}

/** Removes directories of control groups; those that still have processes stay. Returns the ones that stay. */
export function removeCgroups(directories: readonly string[]): readonly string[] {
  return directories.filter(directory => {
    try {
      rmdirSync(directory)
      return false
    } catch {
      return existsSync(directory)
    }
  })
}

/**
 * Opens a plan's control group, or makes one with its limits.
 * @returns the plan with descriptors in it, what was made and is to be removed when its processes have ended, and the
 *   function that closes the descriptors
 * @throws {PlanError}
 */
export function openCgroup(plan: Plan): {plan: Plan; made: readonly string[]; close: () => void} {
  const step = plan.steps.find(candidate => candidate.kind === 'cgroup')
  if (step === undefined) return {plan, made: [], close: () => undefined}
  const opened: OpenCgroup[] = []
  const created: string[] = []
  const close = () => {
    for (const {procs, directory} of opened) for (const fd of [procs, directory]) if (fd !== undefined) closeSync(fd)
  }
  try {
    const tree = readTree()
    if (step.limits === undefined) {
      const {directory, version} = named(step.path as string, tree)
      opened.push(open(directory, version))
    } else
      for (const place of places(step.path, step.limits, tree)) {
        mkdirSync(place.directory)
        created.push(place.directory)
        make(place, step.limits)
        opened.push(open(place.directory, place.version))
      }
    const withDescriptors: Cgroup = {...step, open: opened}
    return {
      plan: {...plan, steps: plan.steps.map(other => (other === step ? withDescriptors : other))},
      made: created,
      close,
    }
  } catch (cause) {
    close()
    removeCgroups(created)
    return fail(
      step.limits === undefined ? 'the control group cannot be entered' : 'no control group can be made',
      cause,
    )
  }
}
