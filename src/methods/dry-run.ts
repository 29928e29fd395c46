import {constants} from 'node:fs'
import {join} from 'node:path'
import {initExecutable} from '../native/binding.js'
import {scriptText} from '../plan/calls/text.js'
import {O_PATH} from '../plan/fcntl.js'
import {kindOf} from '../plan/housekeeping.js'
import {type LoweredPlan, lower} from '../plan/lower.js'
import type {Plan} from '../plan/plan.js'
import type {Step} from '../plan/step.js'
import type {Supervision} from '../plan/supervision.js'
import type {Arch} from '../plan/syscalls.js'
import {refuseUnlessCapable, refuseUnlessSupervisable} from './capability.js'
import {type ChildName, followsMaker, makersOf} from './children.js'
import {asksByPidfd, creationCalls, libcCalls, settlingCalls} from './creation-calls.js'
import {endingCalls} from './ending-calls.js'
import {zygoteCalls} from './helper-calls.js'
import {keeperCalls} from './keeper-calls.js'
import {refuseBlindKillTree, withKillGroup} from './kill-group.js'
import {type Method, methodTraits} from './method.js'
import {closingCalls, OpeningCalls, type ToldCall} from './opening-calls.js'
import {pretendOpen} from './pretend.js'
import {PretendedNumbers} from './pretended-numbers.js'
import {executionCalls, searchCalls, stayingCalls} from './program-calls.js'
import {scriptLowering} from './spawn.js'
import {currentUmask} from './zygote.js'

/** One system call that a run would make. */
export interface PlannedCall {
  readonly by: 'caller' | 'keeper' | 'zygote' | 'helper' | ChildName
  /** As strace would print it; $1, $stdout and the like stand for the results of earlier ones, PID for spawnctl's own. */
  readonly call: string
  /** How often, when more than once. */
  readonly times?: number
  readonly step?: Step['kind']
  readonly reason: string
  /** Why the step stands where it stands in the order. */
  readonly place?: string
}

/** What arrives in the zygote before the descriptors that the script places: the script and the pipe. */
const ownDescriptors = 2

type Of = Pick<PlannedCall, 'step' | 'reason' | 'place'>

/** The first sentence of a kind's summary is what it is, the others tell why it stands where it does. */
function ofStep(step: Step): Of {
  const kind = kindOf(step)
  const [, place] = /^.*?\. (.*)$/.exec(kind.summary) ?? []
  return {step: step.kind, reason: kind.describe(step), ...(place !== undefined && {place})}
}

/** What the steps of a script do, and around them what the making of a second process is. */
function stepCalls(
  lowered: LoweredPlan,
  texts: readonly string[],
  of: (step: Step) => Of,
): {calls: readonly PlannedCall[]; program: ChildName; inits: readonly ChildName[]} {
  const {makers, program} = makersOf(lowered.calls)
  const calls = lowered.calls.flatMap((scripted, i): PlannedCall[] => {
    const by = makers[i] as ChildName
    const call = i === lowered.cgroupCall ? 'getpid()' : (texts[i] as string)
    const said = followsMaker(scripted) ? {reason: 'it ends with the process that made it'} : of(scripted.step)
    const planned = {by, call, ...said}
    if (scripted.expectCaller && asksByPidfd(lowered))
      return [planned, {by, call: 'ppoll([{fd=$caller, events=POLLIN}], 1, {…}, NULL, 8)', ...said}]
    if (scripted.nr >= 0) return [planned]
    const kept = 'SIGCHLD is not ignored while the next process may fail; that one has what it was'
    const action = (by: ChildName, text: string): PlannedCall => ({
      by,
      call: `rt_sigaction(SIGCHLD, ${text}, 8)`,
      reason: kept,
    })
    const next = makers[i + 1] ?? program
    return [
      action(by, '{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, {…}'),
      {by, call: 'set_tid_address(…)', reason: 'the next process sees by it whether this one has ended'},
      planned,
      action(next, '{…}, NULL'),
    ]
  })
  return {calls, program, inits: [...new Set(makers)].filter(name => name !== program).reverse()}
}

function openDirectory(opening: OpeningCalls): number {
  const reason = 'the working directory, which the zygote’s child does not share'
  return opening.open('.', O_PATH | constants.O_DIRECTORY, undefined, 'cwd', reason)
}

function openCgroupKill(opening: OpeningCalls, directory: string): string {
  const path = join(directory, 'cgroup.kill')
  return opening.word(
    opening.open(path, constants.O_WRONLY, 0, 'kill', 'the end of the whole control group, since Linux 5.14'),
  )
}

/** By the keeper, what the caller would do without one. */
const byKeeper = (call: ToldCall): ToldCall => (call.by === 'caller' ? {...call, by: 'keeper'} : call)

/**
 * The system calls that a run of this plan would make, in order; nothing is opened or created.
 * @throws {PlanError} as runPlan would
 */
export function plannedCalls(asked: Plan, method: Method, supervision: Supervision): readonly PlannedCall[] {
  refuseUnlessCapable(asked, method)
  refuseUnlessSupervisable(supervision, method)
  refuseBlindKillTree(asked, supervision)
  const plan = withKillGroup(asked, supervision)
  const numbers = new PretendedNumbers()
  const opening = new OpeningCalls(numbers)
  const zygote = method === 'zygote' ? zygoteCalls(opening, numbers) : undefined
  const pretended = pretendOpen(plan, opening, numbers)
  const lowering =
    zygote === undefined
      ? scriptLowering(method)
      : ({
          methodNumber: methodTraits.zygote.number,
          arch: process.arch as Arch,
          openFds: undefined,
          form: 'zygote',
          zygoteSocket: -1,
          caller: {cwdFd: openDirectory(opening), umask: currentUmask()},
        } as const)
  const {takesFlags} = methodTraits[method].birth
  let init: number | undefined
  const openInit = () => {
    init ??= opening.open(
      initExecutable(),
      O_PATH,
      undefined,
      'init',
      'what a process becomes that makes another for the program',
    )
    return init
  }
  const lowered = lower(pretended.plan, {...lowering, takesFlags, openInit, letsGo: true})
  const directory = supervision.killTree ? pretended.cgroupToKill : undefined
  const cgroupKill = directory === undefined ? undefined : openCgroupKill(opening, directory)
  const numberText = (number: number) => numbers.text(number)
  const arrived = zygote === undefined ? 0 : ownDescriptors + lowered.sentFds.length
  const words = {numberText, arrived, firstSlot: ownDescriptors + 1}
  const of = (step: Step) => ofStep(pretended.askedFor(step))
  const steps = stepCalls(lowered, scriptText(lowered.calls, lowered.pool, words), of)
  const isKept = supervision.kept && method !== 'zygote'
  const run = {self: isKept ? '$keeper' : 'PID', cgroup: '$cgroup', zygote: zygote ?? '', numberText}
  const {looks, execution} =
    method === 'posix_spawn'
      ? searchCalls(plan, lowered.candidates)
      : {looks: [], execution: executionCalls(plan, lowered.candidates, steps.program)}
  const [created, settled] = [[...creationCalls(method, lowered, run, looks)], settlingCalls(method, lowered)]
  return [
    ...opening.told,
    ...(isKept ? keeperCalls(supervision, pretended.files) : []),
    ...(isKept ? created.map(byKeeper) : created),
    ...(method === 'posix_spawn' ? libcCalls(lowered, of, numberText) : steps.calls),
    ...execution,
    ...steps.inits.flatMap(by => stayingCalls(by, (init === undefined ? undefined : numbers.text(init)) ?? '')),
    ...(isKept ? settled.map(byKeeper) : settled),
    ...closingCalls(isKept ? 'keeper' : 'caller', pretended.files),
    ...endingCalls({supervision, isKept, cgroupKill, cgroups: pretended.cgroups, zygote}),
  ]
}
