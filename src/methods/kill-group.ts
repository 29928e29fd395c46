import {accessSync, closeSync, constants, openSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {completeSteps} from '../plan/housekeeping.js'
import type {Plan} from '../plan/plan.js'
import {hasOwn} from '../plan/steps/unshare.js'
import type {Supervision} from '../plan/supervision.js'
import {readTree} from './cgroup-tree.js'

function mayDivideOwn(): boolean {
  const {mounts, own} = readTree()
  if (mounts.unified === undefined || own.unified === undefined) return false
  const directory = resolve(mounts.unified, `.${own.unified}`)
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
