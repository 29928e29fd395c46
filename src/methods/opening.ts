import type {Plan} from '../plan/plan.js'
import {openCgroup, removeCgroups} from './cgroup.js'
import {openFiles} from './files.js'
import {openInit, openNamespaces} from './namespaces.js'
import type {Spawn} from './zygote.js'

/** A plan with descriptors in the place of everything that it names by path. */
export interface OpenPlan {
  readonly plan: Plan
  /** Control groups that were made for it. */
  readonly cgroups: readonly string[]
  readonly openInit: () => number
  /** The files among it, for who closes them as soon as the child is there; to be called once. */
  takeFiles(): readonly number[]
  /** Closes what was opened; the child has it by then, or never will. */
  close(): void
}

/**
 * Opens, as the caller and before a child exists, what a plan names: an error is the caller's to see, and nothing blocks
 * in a child that a caller waits for.
 * @throws {PlanError}
 */
export function openPlan(plan: Plan, spawn: Spawn): OpenPlan {
  const closing: (() => void)[] = []
  const close = () => {
    for (const one of closing) one()
  }
  let cgroups: readonly string[] = []
  try {
    const files = openFiles(plan)
    closing.push(files.close)
    const cgroup = openCgroup(files.plan)
    closing.push(cgroup.close)
    cgroups = cgroup.made
    const namespaces = openNamespaces(cgroup.plan, spawn)
    closing.push(namespaces.close)
    const init = openInit()
    closing.push(init.close)
    return {plan: namespaces.plan, cgroups, openInit: init.open, takeFiles: files.take, close}
  } catch (error) {
    close()
    removeCgroups(cgroups)
    throw error
  }
}
