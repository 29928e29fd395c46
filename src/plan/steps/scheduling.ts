import {PlanError, UsageError} from '../../errors.js'
import {lastValue} from '../option.js'
import {words32, words64} from '../script.js'
import type {Policy, StepKind} from '../step.js'

const numbers = {other: 0, fifo: 1, rr: 2, batch: 3, idle: 5, deadline: 6} as const
/** What glibc takes for the attribute of posix_spawn. */
const posixPolicies: readonly Policy['policy'][] = ['other', 'fifo', 'rr']
const schedAttrBytes = 48
/** DL_SCALE, kernel/sched/deadline.c */
const leastRuntimeNs = 1024
const leastPriority = 1
const mostPriority = 99
const leastNice = -20
const mostNice = 19
const wording = 'other, batch, idle, fifo:PRIO, rr:PRIO (1 to 99) or deadline:RUNTIME/DEADLINE/PERIOD (ns)'

function readPolicy(text: string): Policy {
  const [policy, ...rest] = text.split(':')
  const value = rest.join(':')
  switch (policy) {
    case 'other':
    case 'batch':
    case 'idle':
      if (value === '' || value === '0') return {policy}
      break
    case 'fifo':
    case 'rr':
      if (/^\d+$/.test(value)) return {policy, priority: Number(value)}
      break
    case 'deadline': {
      const [, runtime, deadline, period] = /^(\d+)\/(\d+)\/(\d+)$/.exec(value) ?? []
      if (period !== undefined)
        return {policy, runtime: Number(runtime), deadline: Number(deadline), period: Number(period)}
    }
  }
  throw new UsageError(`--sched wants ${wording}, not "${text}"`, {next: '--sched batch, or --sched fifo:10'})
}

function priorityOf(policy: Policy): number {
  return 'priority' in policy ? policy.priority : 0
}

export const sched: StepKind<'sched'> = {
  kind: 'sched',
  summary: 'Scheduling policy. Before niceness, which some policies carry in them.',
  options: [{name: 'sched', value: 'POLICY[:PRIO]', summary: `scheduling policy, as chrt has them: ${wording}`}],
  read(values) {
    const text = lastValue(values, 'sched')
    return text === undefined ? undefined : {kind: 'sched', ...readPolicy(text)}
  },
  check(step) {
    if ('priority' in step && !(step.priority >= leastPriority && step.priority <= mostPriority))
      throw new PlanError('E_STEPS', `${step.policy} has the priorities 1 to 99, not ${step.priority}`, {
        why: 'a higher one goes before all lower ones; only other, batch and idle have no more than 0',
        next: `--sched ${step.policy}:10`,
      })
    if (step.policy !== 'deadline') return
    const {runtime, deadline, period} = step
    if (!(leastRuntimeNs <= runtime && runtime <= deadline && deadline <= period))
      throw new PlanError('E_STEPS', `a deadline wants ${leastRuntimeNs} ns ≤ runtime ≤ deadline ≤ period`, {
        why: 'it promises the runtime before each deadline, once in every period',
        next: '--sched deadline:1000000/5000000/10000000',
      })
  },
  lower(step, script) {
    if (step.policy === 'deadline') {
      const times = [step.runtime, step.deadline, step.period].map(BigInt)
      const head = BigInt(schedAttrBytes) | (BigInt(numbers.deadline) << 32n)
      script.call('sched_setattr', [0, script.pool.bytes(words64(head, 0n, 0n, ...times)), 0])
      return
    }
    script.call('sched_setscheduler', [0, numbers[step.policy], script.pool.bytes(words32([priorityOf(step)]))])
  },
  posixSpawnRefuses(step, features) {
    if (!features.scheduling) return 'this libc has the functions for it, and they say ENOSYS'
    return posixPolicies.includes(step.policy)
      ? undefined
      : `its attribute takes no policy but ${posixPolicies.join(', ')}`
  },
  lowerToPosixSpawn(step, actions) {
    actions.scheduling = {policy: numbers[step.policy], priority: priorityOf(step)}
  },
  explain(step, errno) {
    switch (errno) {
      case 'EPERM':
        return {
          why: `${step.policy} wants CAP_SYS_NICE, or a limit that lets this user (rtprio)`,
          next: 'run it with sudo, or raise the limit: prlimit --rtprio',
        }
      case 'EBUSY':
        return {why: 'the processors have no such share of time left', next: 'a shorter runtime, or a longer period'}
    }
    return undefined
  },
  describe(step) {
    if (step.policy === 'deadline') return `scheduling deadline ${step.runtime}/${step.deadline}/${step.period} ns`
    return `scheduling ${step.policy}${'priority' in step ? ` at ${step.priority}` : ''}`
  },
}

export const nice: StepKind<'nice'> = {
  kind: 'nice',
  summary: 'Niceness. After the scheduling policy, before the identity: only privilege makes it less.',
  options: [{name: 'nice', char: 'n', value: 'N', summary: 'add N to the niceness, as nice does; from -20 to 19'}],
  read(values, surroundings) {
    const text = lastValue(values, 'nice')
    if (text === undefined) return undefined
    if (!/^[+-]?\d+$/.test(text))
      throw new UsageError(`--nice wants a whole number, not "${text}"`, {next: '--nice 10'})
    const wanted = surroundings.niceness() + Number(text)
    return {kind: 'nice', value: Math.min(mostNice, Math.max(leastNice, wanted))}
  },
  check(step) {
    if (!Number.isInteger(step.value) || step.value < leastNice || step.value > mostNice)
      throw new PlanError('E_STEPS', `${step.value} is no niceness: from ${leastNice} to ${mostNice}`)
  },
  lower: (step, script) => script.call('setpriority', [0, 0, step.value]),
  posixSpawnRefuses: () => 'it has no attribute for the niceness',
  explain: (_, errno) =>
    errno === 'EACCES' || errno === 'EPERM'
      ? {
          why: 'only CAP_SYS_NICE, or the limit nice, lets a process be less nice than its caller',
          next: 'run it with sudo, or give a higher number',
        }
      : undefined,
  describe: step => `niceness ${step.value}`,
}
