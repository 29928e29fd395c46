import {closeSync, constants, existsSync, mkdirSync, openSync, rmdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {PlanError} from '../errors.js'
import type {Plan} from '../plan/plan.js'
import type {Cgroup, CgroupLimits, OpenCgroup} from '../plan/step.js'
import {named, type Place, places} from './cgroup-places.js'
import {readTree, settings} from './cgroup-tree.js'

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
