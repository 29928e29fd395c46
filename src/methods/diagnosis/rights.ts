import type {Advice} from '../../errors.js'
import {capabilityName, capabilitySet} from '../../plan/capability-names.js'
import type {Step} from '../../plan/step.js'
import {readLink} from '../read-link.js'
import {readText} from '../read-text.js'
import {withoutSudo} from './sudo.js'

/** What advice on rights depends on; another one only in tests. */
export interface Caller {
  readonly isRoot: boolean
  /** Undefined where there is no /proc. */
  readonly effective: readonly number[] | undefined
  /** Whether a process is known to be in the caller's user namespace. */
  sharesUserNamespace(pid: number): boolean
}

function userNamespace(process: number | 'self'): string | undefined {
  return readLink(`/proc/${process}/ns/user`)
}

function thisCaller(): Caller {
  return {
    isRoot: process.geteuid?.() === 0,
    get effective() {
      const status = readText('/proc/thread-self/status')
      return status === undefined ? undefined : capabilitySet(status, 'CapEff')
    },
    sharesUserNamespace(pid) {
      const own = userNamespace('self')
      return own !== undefined && userNamespace(pid) === own
    },
  }
}

/** The capabilities by which the kernel lets root do a step; none where it is not by one. */
function needs(step: Step): readonly string[] {
  switch (step.kind) {
    case 'root':
      return [step.by === 'chroot' ? 'sys_chroot' : 'sys_admin']
    case 'unshare':
    case 'mounts':
    case 'hostname':
      return ['sys_admin']
    case 'join':
      // To look into a process with more rights is a tracer's right.
      return step.targets.some(target => 'pid' in target) ? ['sys_admin', 'sys_ptrace'] : ['sys_admin']
    case 'loopback':
      return ['net_admin']
    case 'setuid':
      return ['setuid']
    case 'setgid':
    case 'setgroups':
      return ['setgid']
    case 'sched':
    case 'nice':
    case 'ionice':
      return ['sys_nice']
    case 'oom_score_adj':
    case 'rlimits':
    case 'nofile':
      return ['sys_resource']
    case 'bounding':
    case 'securebits':
      return ['setpcap']
    case 'cgroup':
      return ['dac_override']
    default:
      return []
  }
}

/** Whether a step is done with the rights of a user namespace, in which the caller's own do not count. */
export function isInside(step: Step, steps: readonly Step[]): boolean {
  return steps.some(other => {
    if (other.kind === 'unshare') return other.namespaces.includes('user')
    if (other.kind !== 'join' || other === step) return false
    return other.targets.some(target => !('pid' in target) || target.namespaces.includes('user'))
  })
}

function withoutUserNamespace(step: Step, {next, ...rest}: Advice, caller: Caller): Advice {
  const isShared =
    step.kind === 'join' && step.targets.every(target => 'pid' in target && caller.sharesUserNamespace(target.pid))
  return {...rest, ...(next !== undefined && {next: isShared ? next.replace(/, or name user as well.*/, '') : next})}
}

/** Steps that nothing but a right is wanting to, when they get EPERM or EACCES. */
const byRightAlone = new Set<Step['kind']>([
  'root',
  'unshare',
  'join',
  'setuid',
  'setgid',
  'setgroups',
  'sched',
  'nice',
  'ionice',
])

function constants(names: readonly string[]): string {
  return names.map(name => `CAP_${name.toUpperCase()}`).join(' and ')
}

/** What a step's advice comes to for this caller: root is not sent to sudo, but told which capability it lacks. */
export function advise(
  step: Step,
  steps: readonly Step[],
  errno: string,
  known: Advice,
  caller: Caller = thisCaller(),
): Advice {
  const isRight = errno === 'EPERM' || errno === 'EACCES'
  const told = isRight ? withoutUserNamespace(step, known, caller) : known
  if (!caller.isRoot || told.next === undefined) return told
  const rest = withoutSudo(told.next)
  const isTaken =
    step.kind === 'securebits' &&
    steps.some(other => other.kind === 'capabilities' && !other.permitted.map(capabilityName).includes('setpcap'))
  const effective = isTaken ? [] : caller.effective?.map(capabilityName)
  const needed = !isRight || isInside(step, steps) || effective === undefined ? [] : needs(step)
  const lacking = needed.filter(name => !effective?.includes(name))
  if (lacking.length > 0) {
    const start = `start spawnctl with ${constants(lacking)} (a container: ${lacking.map(name => `--cap-add ${name.toUpperCase()}`).join(' ')})`
    return {
      why: [`root lacks ${constants(lacking)} here`, told.why].filter(Boolean).join('; '),
      next: [!isTaken && start, rest].filter(Boolean).join('; or '),
    }
  }
  const why =
    needed.length > 0 && byRightAlone.has(step.kind)
      ? `root has ${constants(needed)} here, so something else refuses, such as a security policy (seccomp, LSM) or a user namespace around spawnctl`
      : told.why
  return {...(why !== undefined && {why}), ...(rest !== '' && {next: rest})}
}
