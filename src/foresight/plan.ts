import {type Refusal, refusal, refuseUnlessCapable} from '../methods/capability.js'
import {type PlannedCall, plannedCalls} from '../methods/dry-run.js'
import {type Method, methods} from '../methods/method.js'
import {callersEnvironment, entriesOf} from '../plan/environment.js'
import {kindOf} from '../plan/housekeeping.js'
import {candidates, type Plan} from '../plan/plan.js'
import {shellWords} from '../plan/shell-words.js'
import type {Placement, Step, StepKindName} from '../plan/step.js'
import {unsupervised} from '../plan/supervision.js'
import {readableText} from '../plan/text.js'
import {defaultMethod} from '../process/default-method.js'
import {housekeepingValues} from '../process/housekeeping.js'
import {nodePlan} from '../process/node-plan.js'
import {normalise} from '../process/normalise.js'
import {type Arguments, type SpawnOptions, split, wishesOf} from '../process/spawn.js'
import {execWords} from './command.js'
import {type ForeseenSource, foreseenStdio} from './stdio.js'

/** What a spawn with these arguments would do; plain data. */
export interface ForeseenSpawn {
  /** As child.method would be. */
  readonly method: Method
  readonly plan: Plan
  /** Each step in the order in which the child does it, as a person would say it. */
  readonly steps: readonly {readonly kind: StepKindName; readonly does: string}[]
  /** The system calls that this is by this method, the caller’s and the child’s, as `exec --dry-run` prints them. */
  readonly calls: readonly PlannedCall[]
  /** The paths that execve is tried on. */
  readonly candidates: readonly string[]
  /** The other methods that cannot do it, and why. */
  readonly refusals: {readonly [method in Method]?: Refusal}
  /** The same child from a shell, but for pipes. */
  readonly command: string
  /** Its options for housekeeping, without the method. */
  readonly options: readonly string[]
  readonly program: readonly string[]
}

/** The numbers of the plan that are pipes or files of the caller. */
function placed(step: Step, sources: readonly ForeseenSource[]): Step {
  if (step.kind !== 'descriptors') return step
  const from = ({to, from}: Placement) => (typeof sources[to] === 'object' ? sources[to] : from)
  return {...step, placements: step.placements.map(placement => ({...placement, from: from(placement)}))}
}

/**
 * What spawn would do with the same arguments. Nothing is opened, created or run.
 * @throws {UsageError | PlanError} as spawn; what Node throws
 */
export function plan(command: string, args?: readonly string[] | null, options?: SpawnOptions): ForeseenSpawn
export function plan(command: string, options?: SpawnOptions): ForeseenSpawn
export function plan(command: string, ...rest: Arguments<SpawnOptions>): ForeseenSpawn {
  const [args, given] = split(rest)
  const wishes = wishesOf(given)
  const read = normalise(command, args, given)
  const sources = foreseenStdio(given.stdio)
  const numbered = nodePlan(
    read as never,
    sources.map(source => (typeof source === 'object' ? 0 : source)),
    wishes.housekeeping,
  )
  const env = entriesOf(numbered.env)
  const made: Plan = {...numbered, env, steps: numbered.steps.map(step => placed(step, sources))}
  const method = wishes.method ?? defaultMethod(made)
  refuseUnlessCapable(made, method)
  const refused = methods.map(name => [name, refusal(made, name)]).filter(([, why]) => why !== undefined)
  const envPairs = read.envPairs === callersEnvironment ? undefined : read.envPairs
  const words = execWords({...read, envPairs} as never, sources, housekeepingValues(given))
  return {
    method,
    plan: made,
    steps: made.steps.map(step => ({kind: step.kind, does: kindOf(step).describe(step)})),
    calls: plannedCalls(made, method, unsupervised),
    candidates: candidates(made).map(readableText),
    refusals: Object.fromEntries(refused),
    command: shellWords(['spawnctl', 'exec', '--method', method, ...words.options, '--', ...words.program]),
    ...words,
  }
}
