import {constants} from 'node:fs'
import {callText, scriptText} from '../plan/calls/text.js'
import {kindOf} from '../plan/housekeeping.js'
import {lower} from '../plan/lower.js'
import type {Plan} from '../plan/plan.js'
import type {Step} from '../plan/step.js'
import type {Supervision} from '../plan/supervision.js'
import type {Arch} from '../plan/syscalls.js'
import {readableText} from '../plan/text.js'
import {refuseUnlessCapable, refuseUnlessSupervisable} from './capability.js'
import {type ChildName, makersOf} from './children.js'
import {creationCalls, libcCalls} from './creation-calls.js'
import {openFlags} from './files.js'
import {withKillGroup} from './kill-group.js'
import {type Method, methodTraits} from './method.js'
import {type Pretended, pretendOpen} from './pretend.js'
import {scriptLowering} from './spawn.js'
import {currentUmask} from './zygote.js'

/** One system call that a run would make. */
export interface PlannedCall {
  readonly by: 'caller' | 'keeper' | 'zygote' | ChildName
  /** As strace would print it; $1 stands for the result of an earlier one. */
  readonly call: string
  /** How often, when more than once. */
  readonly times?: number
  readonly step?: Step['kind']
  readonly reason: string
  /** Why the step stands where it stands in the order. */
  readonly place?: string
}

const AT_FDCWD = -100n

function opening(pretended: Pretended): PlannedCall[] {
  const by = 'caller'
  if ('call' in pretended) return [{by, ...pretended}]
  const {fd, what, path} = pretended
  const open = (file: string, flags: number, mode?: number) =>
    callText('openat', [
      {number: AT_FDCWD},
      {bytes: Buffer.from(file)},
      {number: BigInt(flags)},
      ...(mode === undefined ? [] : [{number: BigInt(mode)}]),
    ])
  const {O_RDWR, O_NOCTTY} = constants
  switch (what) {
    case 'terminal':
      return [
        {by, call: open('/dev/ptmx', O_RDWR | O_NOCTTY), reason: 'a new terminal: the end that is relayed'},
        {by, call: `ioctl(…, TIOCGPTPEER, …) = ${fd}`, reason: 'a new terminal: the end that is the program’s'},
      ]
    case 'pipe':
      return [
        {
          by,
          call: `socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, […, ${fd}])`,
          reason: `${path}: a pipe, which Node makes of two connected sockets`,
        },
      ]
    case 'namespace':
      return [{by, call: `${open(path, 0)} = ${fd}`, reason: 'the namespace to join'}]
    default: {
      const reason = 'opened by the caller: an error is its to see, and nothing blocks in the child'
      const {flags, mode} = openFlags(what.access)
      return [{by, call: `${open(path, flags, mode)} = ${fd}`, reason}]
    }
  }
}

/** The first sentence of a kind's summary is what it is, the others tell why it stands where it does. */
function ofStep(step: Step): {step: Step['kind']; reason: string; place?: string} {
  const kind = kindOf(step)
  const [, place] = /^.*?\. (.*)$/.exec(kind.summary) ?? []
  return {step: step.kind, reason: kind.describe(step), ...(place !== undefined && {place})}
}

function quoted(text: Parameters<typeof readableText>[0]): string {
  return JSON.stringify(readableText(text))
}

function executing(plan: Plan, candidates: Plan['argv'], by: ChildName): PlannedCall[] {
  const argv = plan.argv.map(quoted).join(', ')
  return candidates.map((path, i) => ({
    by,
    call: `execve(${quoted(path)}, [${argv}], /* ${plan.env.length} vars */)`,
    reason: i === 0 ? 'the program' : 'the program, when it was not there',
  }))
}

/**
 * The system calls that a run of this plan would make, in order; nothing is opened or created.
 * @throws {PlanError} as runPlan would
 */
export function plannedCalls(asked: Plan, method: Method, supervision: Supervision): readonly PlannedCall[] {
  refuseUnlessCapable(asked, method)
  refuseUnlessSupervisable(supervision, method)
  const plan = withKillGroup(asked, supervision)
  const pretended = pretendOpen(plan)
  const lowering =
    method === 'zygote'
      ? ({
          methodNumber: methodTraits.zygote.number,
          arch: process.arch as Arch,
          openFds: undefined,
          form: 'zygote',
          zygoteSocket: pretended.next(),
          caller: {cwdFd: pretended.next(), umask: currentUmask()},
        } as const)
      : scriptLowering(method)
  const {takesFlags} = methodTraits[method].birth
  const lowered = lower(pretended.plan, {...lowering, takesFlags, openInit: pretended.next, letsGo: true})
  const texts = scriptText(lowered.calls, lowered.pool)
  const {makers, program} = makersOf(lowered.calls)
  const steps = lowered.calls.flatMap(({step, nr}, i): PlannedCall[] => {
    const call = i === lowered.cgroupCall ? 'getpid()' : (texts[i] as string)
    const planned = {by: makers[i] as ChildName, call, ...ofStep(step)}
    if (nr >= 0) return [planned]
    const kept = 'SIGCHLD is not ignored while the next process may fail; that one has what it was'
    const action = (by: ChildName, text: string): PlannedCall => ({
      by,
      call: `rt_sigaction(SIGCHLD, ${text}, 8)`,
      reason: kept,
    })
    const next = makers[i + 1] ?? program
    return [action(planned.by, '{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, {…}'), planned, action(next, '{…}, NULL')]
  })
  const inits = [...new Set(makers)].filter(name => name !== program).reverse()
  return [
    ...pretended.opened.flatMap(opening),
    ...creationCalls(method, lowered, supervision.kept),
    ...(method === 'posix_spawn' ? libcCalls(lowered, ofStep) : steps),
    ...executing(plan, lowered.candidates, program),
    ...inits.map(
      (by): PlannedCall => ({
        by,
        call: 'execveat($init, "", ["spawnctl-init", "PID"], [], AT_EMPTY_PATH)',
        reason: 'who made the program’s process stays, passes signals on, reaps, and ends as the program does',
      }),
    ),
  ]
}
