import {callText, cloneFlagText} from '../plan/calls/text.js'
import type {LoweredPlan} from '../plan/lower.js'
import {type Pool, words32} from '../plan/script.js'
import {actionKinds, type SpawnAction} from '../plan/spawn-actions.js'
import type {Step} from '../plan/step.js'
import type {PlannedCall} from './dry-run.js'
import {type Method, methodTraits} from './method.js'

const lastSignal = 64
const AT_FDCWD = -100

type Call = Omit<PlannedCall, 'step' | 'place'>

/** The first thing that a child does whose creation has not put handlers back. */
const resetHandlers: Call = {
  by: 'child',
  call: 'rt_sigaction(…, NULL, {…}, 8)',
  times: lastSignal,
  reason:
    'handlers to default, before any signal is let in: one call for each signal, and one more for each caught one',
}

const blockAll: Call = {
  by: 'caller',
  call: 'rt_sigprocmask(SIG_SETMASK, ~[], [], 8)',
  reason: 'until the child sets its own mask, no handler runs in it',
}

type Creation = Pick<LoweredPlan, 'cloneFlags' | 'cgroupCall'>

function clone3(flags: string, {cloneFlags, cgroupCall}: Creation): string {
  const inCgroup = cgroupCall === undefined ? [] : ['CLONE_INTO_CGROUP']
  const all = [flags, ...inCgroup, ...(cloneFlags === 0 ? [] : [cloneFlagText(cloneFlags)])].join('|')
  return `clone3({flags=${all}, exit_signal=SIGCHLD, …}, 88)`
}

/** By libc, by the kernel's own call, or by the zygote. */
function creation(method: Method, lowered: Creation): readonly Call[] {
  const {cloneFlags} = lowered
  const reason = methodTraits[method].summary
  const by = 'caller'
  switch (method) {
    case 'fork':
      return [
        {by, call: 'clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD)', reason},
        {...resetHandlers, reason: `${resetHandlers.reason}; what libc and Node do after any fork comes before`},
      ]
    case 'vfork':
      return [{by, call: 'vfork()', reason}, resetHandlers]
    case 'posix_spawn':
      return [{by, call: clone3('CLONE_VM|CLONE_VFORK', lowered), reason}]
    case 'clone':
      return [{by, call: clone3('CLONE_VM|CLONE_VFORK|CLONE_PIDFD|CLONE_CLEAR_SIGHAND', lowered), reason}]
    case 'clone-vm':
      return [{by, call: clone3('CLONE_VM|CLONE_PIDFD|CLONE_CLEAR_SIGHAND', lowered), reason}]
    case 'zygote':
      return [
        {by, call: 'sendmsg($zygote, {msg_control=[{SCM_RIGHTS, …}], …}, MSG_NOSIGNAL)', reason},
        {
          by: 'zygote',
          call: `clone(child_stack=NULL, flags=CLONE_PARENT|${cloneFlags === 0 ? '' : `${cloneFlagText(cloneFlags)}|`}SIGCHLD)`,
          reason: 'the child is the caller’s own',
        },
      ]
  }
}

export function creationCalls(method: Method, lowered: Creation, kept: boolean): readonly Call[] {
  const keeper: Call = {
    by: 'caller',
    call: 'clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD)',
    reason: 'the keeper, which outlives a killed spawnctl; what follows is done by it',
  }
  const calls = [blockAll, ...creation(method, lowered)]
  if (!kept || method === 'zygote') return calls
  return [keeper, ...calls.map(call => (call.by === 'caller' ? {...call, by: 'keeper' as const} : call))]
}

const number = (value: number) => ({number: BigInt(value)})

/** What libc's child does for the attributes and actions, in glibc's order; another libc may do it otherwise. */
export function libcCalls(
  lowered: LoweredPlan,
  ofStep: (step: Step) => Omit<PlannedCall, 'by' | 'call'>,
): readonly PlannedCall[] {
  const {pool, actions, steps, attributes} = lowered
  const by = 'child'
  const stepOf = (kind: Step['kind']) => steps.filter(step => step.kind === kind)
  const attribute = (kind: Step['kind'], call: string) =>
    stepOf(kind).map(step => ({by, call, ...ofStep(step)}) as const)
  return [
    {by, call: 'rt_sigprocmask(SIG_BLOCK, NULL, [], 8)', reason: 'libc looks at the mask'},
    ...stepOf('sigdefault').map(step => ({...resetHandlers, ...ofStep(step)})),
    ...attribute('sched', schedulingText(attributes)),
    ...attribute('setsid', 'setsid()'),
    ...attribute('setpgid', 'setpgid(0, 0)'),
    ...actions.flatMap(({step, action}) =>
      actionTexts(action, pool).map(call => ({by, call, ...ofStep(step)}) as const),
    ),
    ...attribute(
      'sigmask',
      callText('rt_sigprocmask', [number(2), {bytes: maskBytes(attributes.sigmask)}, number(0), number(8)]),
    ),
  ]
}

function maskBytes(mask: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(mask).buffer)
}

function schedulingText({scheduling}: LoweredPlan['attributes']): string {
  const {policy = 0, priority = 0} = scheduling ?? {}
  return callText('sched_setscheduler', [number(0), number(policy), {bytes: words32([priority])}])
}

function actionTexts({kind, fd, target, path}: SpawnAction, pool: Pool): readonly string[] {
  const file = path === undefined ? [] : [{bytes: pool.entry(path)}]
  switch (kind) {
    case actionKinds.dup2:
      return fd === target ? [`fcntl(${fd}, F_GETFD)`, `fcntl(${fd}, F_SETFD, 0)`] : [`dup2(${fd}, ${target})`]
    case actionKinds.close:
      return [`close(${fd})`]
    case actionKinds.closefrom:
      return [`close_range(${fd}, 4294967295, 0)`]
    case actionKinds.open: {
      const open = callText('openat', [number(AT_FDCWD), ...file, number(target)])
      return [`close(${fd})`, `${open} = $1`, `dup2($1, ${fd})`, 'close($1)']
    }
    case actionKinds.tcsetpgrp:
      return ['getpgid(0)', `ioctl(${fd}, TIOCSPGRP, [$group])`]
    default:
      return [callText('chdir', file)]
  }
}
