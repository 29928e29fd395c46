import {closeSync} from 'node:fs'
import {expect} from 'vitest'
import type {openZygote} from '../../dist/methods/spawn.js'
import {type Spawned, spawnPlan} from '../../dist/methods/spawn.js'
import {reapChild} from '../../dist/native/core.js'
import type {Method} from '../../src/methods/method.js'
import type {Plan} from '../../src/plan/plan.js'

export type Zygote = ReturnType<typeof openZygote>

/** Waits for a child's end and lets go of it. */
export function release({pid, pidfd}: Spawned): void {
  reapChild(pid)
  closeSync(pidfd)
}

/** The error of a spawn that must not succeed. */
export function failure(method: Method, plan: Plan, zygote?: Zygote): unknown {
  let spawned: Spawned
  try {
    spawned = spawnPlan(plan, method, zygote)
  } catch (error) {
    return error
  }
  release(spawned)
  throw new Error(`${method} has run ${plan.file}`)
}

/** Expects a string with this in it. */
export function contains(text: string) {
  return expect.stringContaining(text)
}
