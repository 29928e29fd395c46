import {type Advice, SpawnError, type SpawnFailure} from '../../errors.js'
import {kindOf} from '../../plan/housekeeping.js'
import type {Step} from '../../plan/step.js'
import type {Method} from '../method.js'
import {explainCapabilities} from './capabilities.js'
import {explainOwnLimit, explainWant} from './creation.js'
import {describeErrno} from './errno.js'
import {explainInside, explainNamespaces} from './namespaces.js'
import {advise, isInside} from './rights.js'

/** What is said of a child that failed before it could execute its program. */
export const failedItself = 125

const doctor = 'spawnctl doctor tells what this machine allows'

/** By these the machine refuses; by others it tells that a path, a number or a process is not what it should be. */
const refusals = new Set(['EPERM', 'EACCES', 'ENOSYS', 'EOPNOTSUPP', 'ENODEV', 'EINVAL', 'ENOSPC', 'EUSERS'])

function generic(errno: string, call: string): Advice {
  switch (errno) {
    case 'EPERM':
    case 'EACCES':
      return {why: `a right to ${call} is missing, or a security policy (seccomp, LSM) refuses it`, next: doctor}
    case 'ENOSYS':
    case 'EOPNOTSUPP':
    case 'ENODEV':
      return {why: `this kernel, or a filter in its name, does not have ${call}`, next: doctor}
    case 'EMFILE':
    case 'ENFILE':
      return explainWant(errno) as Advice
    case 'ENOMEM':
    case 'EAGAIN':
      return {why: `the kernel has no more of what ${call} takes, or a limit is reached`, next: doctor}
    default:
      return {why: `${call} does not take what it was given here`, next: `--dry-run shows the call; ${doctor}`}
  }
}

function withDoctor({next, ...rest}: Advice): Advice {
  if (next === undefined) return {...rest, next: doctor}
  return {...rest, next: next.includes('spawnctl doctor') ? next : `${next}; ${doctor}`}
}

/** A step that failed, with the reason that its kind, the namespaces or at least the errno give. */
export function stepError(
  method: Method,
  steps: readonly Step[],
  step: Step,
  syscall: string | undefined,
  errno: number,
  cloneFlags = 0,
): SpawnError {
  const {name, text} = describeErrno(errno)
  const kind = kindOf(step)
  const what = syscall === undefined ? '' : `${syscall}: `
  const failure: SpawnFailure = {stage: 'step', method, step: step.kind, errno: name, ...(syscall && {syscall})}
  const message = `housekeeping failed at "${kind.describe(step)}": ${what}${text} (${name})`
  const ofStep =
    (step.kind === 'unshare' || isInside(step, steps) ? explainNamespaces(step, name) : undefined) ??
    explainInside(step, name, cloneFlags) ??
    explainCapabilities(step, steps, name) ??
    kind.explain?.(step, name, syscall)
  const known = ofStep ?? explainOwnLimit(steps, name) ?? generic(name, syscall ?? 'its system call')
  const advice = advise(step, steps, name, known)
  return new SpawnError('E_STEP', message, failure, refusals.has(name) ? withDoctor(advice) : advice, failedItself)
}

/** What a filter may answer to any call; by others it is seen what is wrong. */
const anybodys = new Set(['EPERM', 'ENOSYS', 'EINVAL'])
/** What posix_spawn does besides executing: any of it may have failed, and libc tells only the errno. */
const spoken = new Set<Step['kind']>(['setsid', 'setpgid', 'foreground', 'sched', 'chdir', 'descriptors'])

function isTrivial(step: Step): boolean {
  return step.kind === 'descriptors' && step.placements.every(({to, from}) => to === from)
}

/** An errno of posix_spawn's for which neither a step nor the program is known to be guilty; undefined without steps. */
export function unclearError(method: Method, steps: readonly Step[], errno: number): SpawnError | undefined {
  const suspects = steps.filter(step => spoken.has(step.kind) && !isTrivial(step))
  const {name, text} = describeErrno(errno)
  if (suspects.length === 0 || !anybodys.has(name)) return undefined
  const said = suspects.map(step => `"${kindOf(step).describe(step)}"`).join(', ')
  return new SpawnError(
    'E_STEP',
    `housekeeping or execve failed at one of ${said}, or at the program: ${text} (${name})`,
    {stage: 'step-or-exec', method, errno: name},
    {
      why: 'libc’s posix_spawn tells an errno, and not what has failed',
      next: `--method vfork does the same, and names it; ${doctor}`,
    },
    failedItself,
  )
}
