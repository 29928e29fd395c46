import {accessSync, closeSync, constants, existsSync, openSync} from 'node:fs'
import {join} from 'node:path'
import {PlanError} from '../errors.js'
import {completeSteps} from '../plan/housekeeping.js'
import type {Plan} from '../plan/plan.js'
import {mountProc} from '../plan/proc.js'
import {namespacesOf} from '../plan/steps/join.js'
import {hasOwn} from '../plan/steps/unshare.js'
import type {Supervision} from '../plan/supervision.js'
import {ownCgroups} from './cgroup-tree.js'
import {isOwnProc} from './read-link.js'

/** A pid namespace ends with its first process, a control group at once; else orphans come to the keeper, which ends them. */
export type KillTree = 'pid namespace' | 'cgroup.kill' | 'descendants'

function mayDivideOwn(): boolean {
  const [directory] = ownCgroups()
  if (directory === undefined) return false
  try {
    for (const path of [directory, join(directory, 'cgroup.procs')]) accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

export function hasPidNamespace({steps}: Plan): boolean {
  return hasOwn('pid', steps)
}

const unfound = '--kill-tree would not find all that the program starts'

function seesOwnChildren(): boolean {
  return isOwnProc() && existsSync(`/proc/self/task/${process.pid}/children`)
}

/** @throws {PlanError} where orphans cannot be looked for, and the end of the program does not end them anyway */
export function refuseBlindKillTree(plan: Plan, {killTree}: Pick<Supervision, 'killTree'>): void {
  if (!killTree || hasPidNamespace(plan) || seesOwnChildren()) return
  throw new PlanError('E_REFUSED', unfound, {
    why: 'there is no /proc of this pid namespace here, which tells the children of a process',
    next: `${mountProc}; or --unshare pid, a namespace that ends with the program`,
  })
}

/**
 * @param plan with its namespaces open
 * @throws {PlanError} where orphans come to somebody else, and no control group has them
 */
export function refuseLostOrphans({steps}: Plan, means: KillTree): void {
  const joined = steps.flatMap(step => (step.kind === 'join' ? step.targets.flatMap(namespacesOf) : []))
  if (means !== 'descendants' || !joined.includes('pid')) return
  throw new PlanError('E_REFUSED', unfound, {
    why: 'orphans in a pid namespace that was there before come to its process 1, not to spawnctl; and no control group has them, for that takes one of version 2 which may be divided, and no other group in the plan',
    next: 'leave --kill-tree out, or pid out of --join; spawnctl doctor tells of control groups',
  })
}

/**
 * With `killTree`, a plan that has a control group of its own, for cgroup.kill: where the user may make one, and neither a
 * pid namespace, which ends with its first process anyway, nor another control group is asked for.
 */
export function withKillGroup(plan: Plan, {killTree}: Pick<Supervision, 'killTree'>): Plan {
  const isSettled = hasPidNamespace(plan) || plan.steps.some(({kind}) => kind === 'cgroup')
  if (!killTree || isSettled || !mayDivideOwn()) return plan
  return {...plan, steps: completeSteps([...plan.steps, {kind: 'cgroup', limits: {}}])}
}

/** cgroup.kill of the first of these that has one (version 2, Linux 5.14), open for writing; -1 when none has. */
export function openCgroupKill(directories: readonly string[]): {fd: number; close: () => void} {
  for (const directory of directories)
    try {
      const fd = openSync(join(directory, 'cgroup.kill'), constants.O_WRONLY)
      return {fd, close: () => closeSync(fd)}
    } catch {
      // Version 1, or an older kernel: what was started is then ended one by one.
    }
  return {fd: -1, close: () => undefined}
}
