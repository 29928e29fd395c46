import {PlanError, UsageError} from '../../errors.js'
import {flagsOf, type Namespace, namespaces, readNamespace} from '../namespaces.js'
import type {OptionValues} from '../option.js'
import {pidLimit} from '../pids.js'
import type {ScriptWriter} from '../script.js'
import type {JoinTarget, Step, StepKind, Surroundings} from '../step.js'

const [EPERM, EINVAL] = [1, 22]

function readTarget(text: string, surroundings: Surroundings): JoinTarget {
  if (text.includes('/')) return {path: text}
  const [, pid, list] = /^(\d+)(?::(.+))?$/.exec(text) ?? []
  if (pid === undefined)
    throw new UsageError(`--join wants PID, PID:LIST or the path of a namespace, not "${text}"`, {
      next: '--join 1234:net,mount, or --join /run/netns/NAME',
    })
  if (Number(pid) > pidLimit)
    throw new UsageError(`--join ${pid}: there is no such process`, {
      why: `pids are below ${pidLimit} (PID_MAX_LIMIT)`,
      next: 'lsns lists namespaces and their processes',
    })
  const asked = list?.split(',').map(name => readNamespace(name, 'join'))
  const chosen = asked ?? surroundings.foreignNamespaces(Number(pid))
  return {pid: Number(pid), namespaces: namespaces.filter(name => chosen.includes(name))}
}

/** None of a path, which tells what it is only when it is open. */
export function namespacesOf(target: JoinTarget): readonly Namespace[] {
  if ('path' in target) return []
  return 'pid' in target ? target.namespaces : [target.namespace]
}

/** A namespace that is named by a path tells what it is when it is opened; /proc tells it by its name. */
function isOfUser(target: JoinTarget): boolean {
  return 'path' in target ? target.path.endsWith('/ns/user') : namespacesOf(target).includes('user')
}

function userTargets(values: OptionValues, surroundings: Surroundings): readonly JoinTarget[] {
  return (values.join ?? []).map(text => readTarget(text, surroundings)).filter(isOfUser)
}

export function joinsUserNamespace(values: OptionValues, surroundings: Surroundings): boolean {
  return userTargets(values, surroundings).length > 0
}

/** Whether the child is in another user namespace when new ones are made: nobody outside can make them for it. */
export function entersUserNamespace(steps: readonly Step[]): boolean {
  return steps.some(step => step.kind === 'join' && step.targets.some(isOfUser))
}

/** Who the child is when new namespaces are made. */
export function identityThere(values: OptionValues, surroundings: Surroundings): {uid: number; gid: number} {
  const target = userTargets(values, surroundings).at(-1)
  if (target === undefined) return surroundings.identity()
  const pid = 'path' in target ? /^\/proc\/(\d+)\//.exec(target.path)?.[1] : 'pid' in target ? target.pid : undefined
  return pid === undefined ? surroundings.identity() : surroundings.identityIn(Number(pid))
}

/** A path tells it before it is opened only where it is one of /proc. */
function isOfTime(target: JoinTarget): boolean {
  return 'path' in target ? target.path.endsWith('/ns/time') : namespacesOf(target).includes('time')
}

/** As nsenter(1): the ids of outside mean nobody there, and nobody could enter further ones. Where it has no root: as it is. */
function becomeRootThere(script: ScriptWriter): void {
  const forgive = [EPERM, EINVAL]
  script.call('setgroups', [0, script.pool.bytes(new Uint8Array(4))], {forgive: [EPERM]})
  script.call('setgid', [0], {forgive})
  script.call('setuid', [0], {forgive})
}

function describeTarget(target: JoinTarget): string {
  if ('path' in target) return target.path
  return 'pid' in target ? `${target.namespaces.join(',')} of process ${target.pid}` : `${target.namespace} (open)`
}

/** How to enter the user namespace as well, which has to be first. */
function withUser(targets: readonly JoinTarget[]): string {
  const target = targets.find(candidate => 'pid' in candidate)
  return target === undefined ? 'PID:user, before the others' : `${target.pid}:user,${target.namespaces.join(',')}`
}

export const join: StepKind<'join'> = {
  kind: 'join',
  changesCredentials: true,
  summary:
    'Namespaces of other processes. Before new ones, which are then made in them. With a pid namespace a second process goes on: only children are ever in another one.',
  options: [
    {
      name: 'join',
      value: 'TARGET',
      multiple: true,
      summary:
        'enter namespaces, as nsenter: PID for all that differ, PID:net,mount for some, or a path such as /run/netns/NAME',
    },
  ],
  read(values, surroundings) {
    const targets = (values.join ?? []).map(text => readTarget(text, surroundings))
    return targets.length === 0 ? undefined : {kind: 'join', targets}
  },
  check({targets}) {
    if (targets.length === 0) throw new PlanError('E_STEPS', 'no namespace to join is named')
    for (const target of targets)
      if ('pid' in target && target.namespaces.length === 0)
        throw new PlanError('E_STEPS', `process ${target.pid} is in the namespaces of the caller, all of them`, {
          next: 'leave --join out; lsns lists namespaces and their processes',
        })
  },
  lower({targets}, script) {
    for (const target of targets)
      if ('pid' in target) {
        const pidfd = script.slot()
        script.call('pidfd_open', [target.pid, 0], {save: pidfd})
        script.call('setns', [pidfd, flagsOf(target.namespaces)])
        script.call('close', [pidfd])
      } else if ('fd' in target) script.call('setns', [script.callerDescriptor(target.fd), 0])
      else throw new Error(`${target.path} must be opened before the plan is lowered`)
    if (targets.some(target => namespacesOf(target).includes('user'))) becomeRootThere(script)
    if (targets.some(target => namespacesOf(target).includes('pid'))) script.beginSecondProcess()
  },
  mostSent({targets}) {
    const mayBePid = targets.some(target => 'path' in target || namespacesOf(target).includes('pid'))
    return targets.filter(target => !('pid' in target)).length + (mayBePid ? 1 : 0)
  },
  posixSpawnRefuses: () => 'it has no attribute for namespaces',
  refuses: ({targets}, birth) =>
    birth.sharesMemory && targets.some(isOfTime)
      ? 'the kernel lets nobody into another time namespace who shares memory'
      : undefined,
  explain(step, errno) {
    const who = step.targets.map(describeTarget).join('; ')
    switch (errno) {
      case 'ESRCH':
        return {why: `a process among these is gone: ${who}`, next: 'lsns lists namespaces and their processes'}
      case 'EPERM':
        return step.targets.some(target => namespacesOf(target).includes('user'))
          ? {why: `only root, or who owns the user namespace, may enter: ${who}`, next: 'sudo'}
          : {
              why: 'only root may enter these namespaces, or who owns the user namespace that they belong to and enters it first',
              next: `sudo, or name user as well: --join ${withUser(step.targets)}`,
            }
      case 'EINVAL':
        return {
          why: `the caller is in one of these already, or it is no namespace: ${who}`,
          next: 'lsns; leave out what is the same, or give PID alone',
        }
      case 'EUSERS':
        return {why: 'the kernel lets nobody into another time namespace who shares memory', next: '--method fork'}
    }
    return undefined
  },
  describe: step => `join ${step.targets.map(describeTarget).join('; ')}`,
}
