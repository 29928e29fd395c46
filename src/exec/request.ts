import {UsageError} from '../errors.js'
import {chooseMethod} from '../flowchart/derive.js'
import {refuseUnlessCapable} from '../methods/capability.js'
import {isMethod, type Method} from '../methods/method.js'
import {readArgv0, readEnvironment} from '../plan/environment.js'
import {readSteps} from '../plan/housekeeping.js'
import {isOn, lastValue, type OptionValues} from '../plan/option.js'
import {makePlan, type Plan} from '../plan/plan.js'
import {readSupervision, type Supervision} from '../plan/supervision.js'
import {exactEnvironment, exactWords, surroundings} from './caller.js'

/** What a command line asks `exec` to do; nothing has been opened or created yet. */
export interface Request {
  readonly plan: Plan
  readonly method: Method
  /** Why auto chose it; undefined when the user did. */
  readonly why: string | undefined
  readonly supervision: Supervision
  readonly verbose: boolean
}

/** @throws {UsageError | PlanError} */
export function readPlan(values: OptionValues, program: readonly string[]): Plan {
  const [file, ...args] = exactWords(program)
  if (file === undefined)
    throw new UsageError('no program given', {next: 'spawnctl exec [options] [--] program [arguments]'})
  return makePlan({
    file,
    argv: [readArgv0(values) ?? file, ...args],
    env: readEnvironment(values, exactEnvironment()),
    steps: readSteps(values, surroundings),
  })
}

/** @throws {UsageError | PlanError} also when the method cannot carry the plan */
export function readRequest(values: OptionValues, program: readonly string[]): Request {
  const plan = readPlan(values, program)
  const asked = lastValue(values, 'method') ?? 'auto'
  const {method, why} = isMethod(asked) ? {method: asked, why: undefined} : chooseMethod(plan)
  refuseUnlessCapable(plan, method)
  return {plan, method, why, supervision: readSupervision(values), verbose: isOn(values, 'verbose')}
}
