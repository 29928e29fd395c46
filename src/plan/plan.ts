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

const emptyName = {
  why: 'a variable of the shell that is not set leaves one behind; execve finds nothing by it',
  next: 'spawnctl exec [options] [--] program [arguments]',
}

/** Lists that makePlan has made: another plan with the same list need not have it checked again. */
const complete = new WeakSet<readonly Step[]>()

function checkSteps(steps: readonly Step[]): readonly Step[] {
  if (complete.has(steps)) return steps
  const seen = new Set<string>()
  for (const step of steps) {
    if (seen.has(step.kind))
      throw new PlanError('E_STEPS', `the step ${step.kind} is there twice`, {next: 'merge the two'})
    seen.add(step.kind)
    kindOf(step).check?.(step, steps)
  }
  const completed = completeSteps(steps)
  complete.add(completed)
  return completed
}

/**
 * Checks and completes a plan while no process exists: descriptors 0, 1 and 2 are kept, all others closed on exec, no
 * signal blocked, unless a step says otherwise.
 * @throws {PlanError}
 */
export function makePlan(plan: Plan): Plan {
  if (readableText(plan.file) === '') throw new PlanError('E_FILE', 'the program’s name is empty', emptyName, 127)
  if (plan.argv.length === 0) throw new PlanError('E_ARGV', 'argv is empty', {next: 'pass the name as argv[0]'})
  refuseNul(plan.file, 'the program’s name')
  for (const [i, arg] of plan.argv.entries()) refuseNul(arg, () => `argument ${i}`)
  for (const entry of plan.env)
    refuseNul(entry, () => `environment entry ${JSON.stringify(readableText(entry).split('=')[0])}`)
  return completePlan(plan)
}

/**
 * The same for a program whose strings were looked into before.
 * @throws {PlanError}
 */
export function completePlan(plan: Plan): Plan {
  return {...plan, steps: checkSteps(plan.steps)}
}

/** Steps that leave the child who the caller is, and where it is; another kind has to be thought about before it joins. */
const ordinary: ReadonlySet<Step['kind']> = new Set<Step['kind']>([
  'sigdefault',
  'sigignore',
  'setsid',
  'setpgid',
  'chdir',
  'umask',
  'descriptors',
  'sigmask',
])

/** Whether the child sees the file system as the caller does, and shares memory with it without harm to either. */
export function isOrdinary({steps}: Pick<Plan, 'steps'>): boolean {
  return steps.every(({kind}) => ordinary.has(kind))
}

/**
 * The paths execve is tried on, in order: the child's PATH counts, an empty entry is its working directory. As bytes:
 * neither a name nor PATH need be UTF-8.
 */
export function candidates(plan: Plan): readonly Text[] {
  if (typeof plan.file === 'string' && plan.file.includes('/')) return [plan.file]
  const name = byteString(plan.file)
  if (name.includes('/')) return [plan.file]
  const path = byteString(variableBytes(plan.env, 'PATH') ?? defaultPath)
  return [...new Set(path.split(':'))].map(directory => textOf(`${directory || '.'}/${name}`))
}

/** Text where it is the same in UTF-8, which is quicker to lay out. */
function textOf(bytes: string): Text {
  return /^[ -~]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1')
}

/** One character for each byte. */
function byteString(text: Text): string {
  return Buffer.from(textBytes(text)).toString('latin1')
}
