import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {runPlan} from '../../dist/methods/spawn.js'
import type {Method} from '../../src/methods/method.js'
import type {Plan} from '../../src/plan/plan.js'
import type {Step} from '../../src/plan/step.js'
import {planFor} from './plans.js'

let count = 0

/** A shell on this script, whose output goes to a file. */
export function shellPlan(steps: readonly Step[], script: string, file: string): Plan {
  const nothing = {path: '/dev/null', access: 'read-write'} as const
  const placements = [
    {to: 0, from: nothing},
    {to: 1, from: {path: file, access: 'write'}},
    {to: 2, from: nothing},
  ] as const
  const env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin']
  return planFor('/bin/sh', {args: ['-c', script], env, steps: [...steps, {kind: 'descriptors', placements}]})
}

/** Runs a shell script as a child made by this method, to its end. */
export function tell(
  method: Method,
  steps: readonly Step[],
  script: string,
  directory: string,
): {lines: readonly string[]; exitCode: number | null; signal: number | null} {
  const file = join(directory, `told-${++count}`)
  const {exitCode, signal} = runPlan(shellPlan(steps, script, file), method)
  return {lines: readFileSync(file, 'utf8').split('\n').slice(0, -1), exitCode, signal}
}
