import {existsSync, readFileSync, realpathSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {PlanError} from '../errors.js'
import type {CgroupLimits} from '../plan/step.js'
import {type Controller, controllersFor, type readTree} from './cgroup-tree.js'
import {forCaller} from './diagnosis/sudo.js'

export type Tree = ReturnType<typeof readTree>

/** Where a control group is to be made, and the limits of which controllers it gets. */
export interface Place {
  readonly directory: string
  readonly version: 1 | 2
  readonly controllers: readonly Controller[]
}

type Write = (file: string, text: string) => void

let made = 0

function words(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split(/\s+/).filter(Boolean) : []
}

/** The control group that a path names. @throws {PlanError} when there is none */
export function named(path: string, {mounts}: Tree): {directory: string; version: 1 | 2} {
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
function unifiedParent(start: string, top: string, needed: readonly Controller[], write: Write): string | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    const given = words(join(directory, 'cgroup.subtree_control'))
    const missing = needed.filter(controller => !given.includes(controller))
    if (missing.length === 0) return directory
    const available = words(join(directory, 'cgroup.controllers'))
    const isFree = directory === top || words(join(directory, 'cgroup.procs')).length === 0
    if (isFree && missing.every(controller => available.includes(controller)))
      try {
        write(join(directory, 'cgroup.subtree_control'), missing.map(name => `+${name}`).join(' '))
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
    next: forCaller(
      'sudo; or in a delegated one: systemd-run --user --scope -p Delegate=yes spawnctl exec …; spawnctl doctor tells more',
    ),
  })
}

/** The controllers of the version 1 hierarchy in which a directory is; undefined where no mount shows it. */
function controllersAt(directory: string, {mounts}: Tree): readonly string[] | undefined {
  const place = `${realpathSync(directory)}/`
  const found = Object.keys(mounts.legacy).filter(name => place.startsWith(`${mounts.legacy[name]}/`))
  return found.length === 0 ? undefined : found
}

/** A controller is in one hierarchy only, so that no group of another can have it. */
function refuseElsewhere(path: string | undefined, missing: readonly Controller[], why: string): void {
  if (missing.length === 0) return
  throw new PlanError('E_CGROUP', `the control group ${path} cannot limit ${missing.join(' and ')}`, {
    why,
    next: 'leave --cgroup out, and each limit is set where its controller is',
  })
}

/**
 * Where groups of our own go: one below a version 2 group, or one for each controller that version 1 has. Each time by
 * another name, which may be taken nevertheless: by another thread, or by what an earlier process with this pid has left.
 * @throws {PlanError} when nowhere
 */
export function places(path: string | undefined, limits: CgroupLimits, tree: Tree, write: Write): readonly Place[] {
  const {mounts, own} = tree
  const needed = controllersFor(limits)
  const name = `spawnctl-${process.pid}-${++made}`
  const start = path === undefined ? undefined : named(path, tree)
  if (start?.version === 1) {
    const has = controllersAt(start.directory, tree) ?? needed
    const missing = needed.filter(controller => !has.includes(controller))
    refuseElsewhere(path, missing, `its hierarchy, of version 1, has ${has.join(', ')} alone`)
    return [{...start, directory: join(start.directory, name), controllers: needed}]
  }
  const legacy = start === undefined ? needed.filter(controller => mounts.legacy[controller] !== undefined) : []
  const unified = needed.filter(controller => !legacy.includes(controller))
  const found: Place[] = legacy.map(controller => ({
    directory: join(mounts.legacy[controller] as string, own.legacy[controller] ?? '/', name),
    version: 1,
    controllers: [controller],
  }))
  if (unified.length === 0 && needed.length > 0) return found
  const old = unified.filter(controller => mounts.legacy[controller] !== undefined)
  refuseElsewhere(path, old, `it is of version 2, and here version 1 has ${old.join(' and ')}`)
  if (mounts.unified === undefined) refuse(unified)
  const from = start?.directory ?? resolve(mounts.unified, `.${own.unified ?? '/'}`)
  const parent = unifiedParent(from, start?.directory ?? mounts.unified, unified, write) ?? refuse(unified)
  return [...found, {directory: join(parent, name), version: 2, controllers: unified}]
}
