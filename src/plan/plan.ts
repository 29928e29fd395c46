import {PlanError} from '../errors.js'
import {variableBytes} from './environment.js'
import {completeSteps, kindOf} from './housekeeping.js'
import type {Step} from './step.js'
import {readableText, refuseNul, type Text, textBytes} from './text.js'

/** What the child shall be. Made by makePlan, its steps are complete and in canonical order. */
export interface Plan {
  /** As given: with a slash a path (relative to the child's working directory), without one looked up in its PATH. */
  readonly file: Text
  /** Never empty: the kernel would patch an empty one, with a log line. */
  readonly argv: readonly Text[]
  readonly env: readonly Text[]
  readonly steps: readonly Step[]
}

/** What the kernel and POSIX take for an unset PATH. */
const defaultPath = '/bin:/usr/bin'

/**
 * Checks and completes a plan while no process exists: descriptors 0, 1 and 2 are kept, all others closed on exec, no
 * signal blocked, unless a step says otherwise.
 * @throws {PlanError}
 */
export function makePlan(plan: Plan): Plan {
  if (readableText(plan.file) === '') throw new PlanError('E_FILE', 'the program’s name is empty', {}, 127)
  if (plan.argv.length === 0) throw new PlanError('E_ARGV', 'argv is empty', {next: 'pass the name as argv[0]'})
  refuseNul(plan.file, 'the program’s name')
  for (const [i, arg] of plan.argv.entries()) refuseNul(arg, `argument ${i}`)
  for (const entry of plan.env)
    refuseNul(entry, `environment entry ${JSON.stringify(readableText(entry).split('=')[0])}`)
  const seen = new Set<string>()
  for (const step of plan.steps) {
    if (seen.has(step.kind))
      throw new PlanError('E_STEPS', `the step ${step.kind} is there twice`, {next: 'merge the two'})
    seen.add(step.kind)
    kindOf(step).check?.(step, plan.steps)
  }
  return {...plan, steps: completeSteps(plan.steps)}
}

/**
 * The paths execve is tried on, in order: the child's PATH counts, an empty entry is its working directory. As bytes:
 * neither a name nor PATH need be UTF-8.
 */
export function candidates(plan: Plan): readonly Text[] {
  const name = byteString(plan.file)
  if (name.includes('/')) return [plan.file]
  const path = byteString(variableBytes(plan.env, 'PATH') ?? defaultPath)
  return [...new Set(path.split(':'))].map(directory => Buffer.from(`${directory || '.'}/${name}`, 'latin1'))
}

/** One character for each byte. */
function byteString(text: Text): string {
  return Buffer.from(textBytes(text)).toString('latin1')
}
