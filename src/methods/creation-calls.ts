import {callText, cloneFlagText} from '../plan/calls/text.js'
import {AT_FDCWD} from '../plan/fcntl.js'
import {kindOf} from '../plan/housekeeping.js'
import type {LoweredPlan} from '../plan/lower.js'
import {flagsOf} from '../plan/namespaces.js'
import {type Pool, words32} from '../plan/script.js'
import {lastSignal} from '../plan/signals.js'
import {actionKinds, type SpawnAction} from '../plan/spawn-actions.js'
import type {Step} from '../plan/step.js'
import type {PlannedCall} from './dry-run.js'
import {type Method, methodTraits} from './method.js'
import type {ToldCall} from './opening-calls.js'

/** The first thing that a child does whose creation has not put handlers back. */
const resetHandlers: ToldCall = {
  by: 'child',
  call: 'rt_sigaction(…, NULL, {…}, 8)',
  times: lastSignal,
  reason:
    'handlers to default, before any signal is let in: one call for each signal, and one more for each caught one',
}

/** What of a lowered plan its creation asks for. */
export type Creation = Pick<LoweredPlan, 'calls' | 'cloneFlags' | 'cgroupCall' | 'fdFloor' | 'sentFds' | 'steps'>

/** How a number of the run reads. */
type NumberText = (number: number) => string | undefined

const CLONE_VM = 0x100
const CLONE_VFORK = 0x4000
const CLONE_PIDFD = 0x1000

function clone3(
  flags: number,
  cleared: boolean,
  {cloneFlags, cgroupCall}: Pick<Creation, 'cloneFlags' | 'cgroupCall'>,
  cgroup: string,
): string {
  const inCgroup = cgroupCall === undefined ? [] : ['CLONE_INTO_CGROUP']
  const all = [cloneFlagText(flags | cloneFlags), ...(cleared ? ['CLONE_CLEAR_SIGHAND'] : []), ...inCgroup].join('|')
  const pidfd = flags & CLONE_PIDFD ? 'pidfd=…, ' : ''
  const into = cgroupCall === undefined ? '' : `, cgroup=${cgroup}`
  return `clone3({flags=${all}, ${pidfd}exit_signal=SIGCHLD, stack=…, stack_size=…${into}}, 88)`
}

/** The method clone, of a child without steps that concern its creation. */
export const plainClone = clone3(CLONE_VM | CLONE_VFORK | CLONE_PIDFD, true, {cloneFlags: 0, cgroupCall: undefined}, '')

/** The zygote is sent the script, the pipe and what the script places, and finds them under numbers of its own. */
function requestCalls(lowered: Creation, socket: string, numberText: NumberText): readonly ToldCall[] {
  const {cloneFlags, fdFloor, sentFds} = lowered
  const sent = ['$script', '$report', ...sentFds.map(fd => numberText(fd) ?? fd)]
  const arrived = sent.map((_, i) => `$${i + 1}`)
  const message = (fds: readonly (string | number)[]) =>
    `{…, msg_control=[{…, cmsg_type=SCM_RIGHTS, cmsg_data=[${fds.join(', ')}]}], …}`
  const reason = 'what the zygote is sent has other numbers there'
  const flags = cloneFlags === 0 ? '' : `${cloneFlagText(cloneFlags)}|`
  const by = 'zygote'
  return [
    {by: 'caller', call: `sendmsg(${socket}, ${message(sent)}, MSG_NOSIGNAL)`, reason: methodTraits.zygote.summary},
    {by, call: `recvmsg(3, ${message(arrived)}, MSG_CMSG_CLOEXEC)`, reason},
    {by, call: 'mmap(NULL, …, PROT_READ|PROT_WRITE, MAP_SHARED, $1, 0)', reason: 'the script, which its child runs'},
    {
      by,
      call: `fcntl($2, F_DUPFD_CLOEXEC, ${numberText(fdFloor) ?? fdFloor})`,
      reason: 'the pipe, above every number that the script names',
    },
    ...callerPidfd(lowered, by, 'PID'),
    {
      by,
      call: `clone(child_stack=NULL, flags=CLONE_PARENT|CLONE_PARENT_SETTID|${flags}SIGCHLD, parent_tid=[…]) = $child`,
      reason: 'the child is the caller’s own',
    },
    {by, call: 'sendto(3, …, 12, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0)', reason: 'its pid, or what has failed'},
    {by: 'caller', call: `recvfrom(${socket}, …, 12, 0, NULL, NULL)`, reason: 'its pid, or what has failed'},
  ]
}

/** By libc, by the kernel's own call, or by the zygote. */
function creation(method: Method, lowered: Creation, run: RunWords): readonly ToldCall[] {
  const reason = methodTraits[method].summary
  const by = 'caller'
  switch (method) {
    case 'fork':
      return [
        {by, call: 'clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD) = $child', reason},
        {...resetHandlers, reason: `${resetHandlers.reason}; what libc and Node do after any fork comes before`},
      ]
    case 'vfork':
      return [{by, call: 'vfork() = $child', reason}, resetHandlers]
    case 'posix_spawn':
      return [{by, call: `${clone3(CLONE_VM | CLONE_VFORK, false, lowered, run.cgroup)} = $child`, reason}]
    case 'clone':
      return [{by, call: clone3(CLONE_VM | CLONE_VFORK | CLONE_PIDFD, true, lowered, run.cgroup), reason}]
    case 'clone-vm':
      return [{by, call: clone3(CLONE_VM | CLONE_PIDFD, true, lowered, run.cgroup), reason}]
    case 'zygote':
      return requestCalls(lowered, run.zygote, run.numberText)
  }
}

/** Words for what was made before. */
export interface RunWords {
  /** The process that makes the child. */
  readonly self: string
  /** The directory of the control group that the child is created in. */
  readonly cgroup: string
  /** The caller's end of the zygote's socket. */
  readonly zygote: string
  readonly numberText: NumberText
}

/** In a pid namespace of its own the child does not see its caller's pid: a pidfd tells whether that is there. */
export function asksByPidfd({calls, cloneFlags}: Creation): boolean {
  return (cloneFlags & flagsOf(['pid'])) !== 0 && calls.some(({expectCaller}) => expectCaller)
}

function callerPidfd(lowered: Creation, by: 'caller' | 'zygote', self: string): readonly ToldCall[] {
  const reason = 'the child, in its own pid namespace, sees by it whether the caller is still there'
  return asksByPidfd(lowered) ? [{by, call: `pidfd_open(${self}, 0) = $caller`, reason}] : []
}

function changesMemoryFlags(method: Method, {steps}: Creation): boolean {
  return methodTraits[method].birth.sharesMemory && steps.some(step => kindOf(step).changesCredentials)
}

function preparation(method: Method, lowered: Creation, self: string): readonly ToldCall[] {
  const by = 'caller'
  const pipe = 'a pipe whose end-of-file tells that the child has executed the program or is gone'
  return [
    ...(method === 'zygote'
      ? [
          {
            by,
            call: 'memfd_create("spawnctl-script", MFD_CLOEXEC) = $script',
            reason: 'the script, in memory that the zygote maps too',
          } as const,
        ]
      : []),
    ...(method === 'posix_spawn' ? [] : [{by, call: 'pipe2([$end, $report], O_CLOEXEC)', reason: pipe} as const]),
    ...(method === 'zygote' ? [] : callerPidfd(lowered, by, self)),
    ...(changesMemoryFlags(method, lowered)
      ? [
          {
            by,
            call: 'prctl(PR_GET_DUMPABLE) = $dumpable',
            reason: 'new credentials clear a flag of the shared memory',
          } as const,
        ]
      : []),
    {
      by,
      call: 'rt_sigprocmask(SIG_SETMASK, ~[], [], 8)',
      reason: 'until the child sets its own mask, no handler runs in it',
    },
    ...(method === 'posix_spawn'
      ? [
          {
            by,
            call: 'eventfd2(0, EFD_CLOEXEC)',
            reason: 'a number for the pidfd, so that none is missing later',
          } as const,
        ]
      : []),
  ]
}

const openPidfd: ToldCall = {
  by: 'caller',
  call: 'pidfd_open($child, 0)',
  reason: 'what the child is waited for and signalled by',
}

/** Up to the first thing that the child does. Without a clone3 of one's own the pidfd is opened afterwards. */
export function creationCalls(
  method: Method,
  lowered: Creation,
  run: RunWords,
  looks: readonly ToldCall[],
): readonly ToldCall[] {
  const made = [...preparation(method, lowered, run.self), ...looks, ...creation(method, lowered, run)]
  return method === 'fork' || method === 'zygote' ? [...made, openPidfd] : made
}

/** What the caller does that has slept, or looked on, while the child did its housekeeping. */
export function settlingCalls(method: Method, lowered: Creation): readonly ToldCall[] {
  const by = 'caller'
  const {sharesMemory, besideCaller} = methodTraits[method].birth
  const isTold = sharesMemory && !besideCaller && !lowered.calls.some(({nr}) => nr < 0)
  return [
    ...(method === 'vfork' || method === 'posix_spawn' ? [openPidfd] : []),
    {by, call: 'rt_sigprocmask(SIG_SETMASK, [], NULL, 8)', reason: 'signals as they were'},
    ...(isTold
      ? []
      : [{by, call: 'read($end, "", 1)', reason: 'until the program runs, or the child is gone'} as const]),
    ...(changesMemoryFlags(method, lowered)
      ? [{by, call: 'prctl(PR_SET_DUMPABLE, $dumpable)', reason: 'the flag as it was'} as const]
      : []),
  ]
}

const value = (number: number) => ({number: BigInt(number)})

/** What libc's child does for the attributes and actions, in glibc's order; another libc may do it otherwise. */
export function libcCalls(
  lowered: LoweredPlan,
  ofStep: (step: Step) => Omit<PlannedCall, 'by' | 'call'>,
  numberText: NumberText,
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
    ...actions.flatMap(({step, action}, i) =>
      actionTexts(action, pool, numberText, `$${i + 1}`).map(call => ({by, call, ...ofStep(step)}) as const),
    ),
    ...attribute(
      'sigmask',
      callText('rt_sigprocmask', [value(2), {bytes: maskBytes(attributes.sigmask)}, value(0), value(8)]),
    ),
  ]
}

function maskBytes(mask: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(mask).buffer)
}

function schedulingText({scheduling}: LoweredPlan['attributes']): string {
  const {policy = 0, priority = 0} = scheduling ?? {}
  return callText('sched_setscheduler', [value(0), value(policy), {bytes: words32([priority])}])
}

function actionTexts(
  {kind, fd: number, target: to, path}: SpawnAction,
  pool: Pool,
  numberText: NumberText,
  made: string,
): readonly string[] {
  const [fd, target] = [number, to].map(each => numberText(each) ?? String(each))
  const file = path === undefined ? [] : [{bytes: pool.entry(path)}]
  switch (kind) {
    case actionKinds.dup2:
      return number === to ? [`fcntl(${fd}, F_GETFD)`, `fcntl(${fd}, F_SETFD, 0)`] : [`dup2(${fd}, ${target})`]
    case actionKinds.close:
      return [`close(${fd})`]
    case actionKinds.closefrom:
      return [`close_range(${fd}, 4294967295, 0)`]
    case actionKinds.open: {
      const open = callText('openat', [value(AT_FDCWD), ...file, value(to)])
      return [`close(${fd})`, `${open} = ${made}`, `dup2(${made}, ${fd})`, `close(${made})`]
    }
    case actionKinds.tcsetpgrp:
      return ['getpgid(0) = $group', `ioctl(${fd}, TIOCSPGRP, [$group])`]
    default:
      return [callText('chdir', file)]
  }
}
