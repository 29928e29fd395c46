import {PlanError, UsageError} from '../../errors.js'
import {lastValue} from '../option.js'
import type {StepKind} from '../step.js'

const PR_SET_TIMERSLACK = 29
const nsPerUnit: Readonly<Record<string, number>> = {'': 1, ns: 1, us: 1e3, ms: 1e6, s: 1e9}

export const timerSlack: StepKind<'timer_slack'> = {
  kind: 'timer_slack',
  summary: 'How late timers may be, so that the processor wakes less often.',
  options: [
    {name: 'timer-slack', value: 'TIME', summary: 'let timers be late by this much: 50us, 1ms; 0 for the default'},
  ],
  read(values) {
    const text = lastValue(values, 'timer-slack')
    if (text === undefined) return undefined
    const [, digits, unit = ''] = /^(\d+)(ns|us|ms|s)?$/.exec(text) ?? []
    const ns = Number(digits) * (nsPerUnit[unit] as number)
    if (!Number.isSafeInteger(ns))
      throw new UsageError(`--timer-slack wants a time, not "${text}"`, {next: '--timer-slack 1ms (ns, us, ms or s)'})
    return {kind: 'timer_slack', ns}
  },
  check(step) {
    if (!Number.isSafeInteger(step.ns) || step.ns < 0) throw new PlanError('E_STEPS', `${step.ns} is no timer slack`)
  },
  lower: (step, script) => script.call('prctl', [PR_SET_TIMERSLACK, step.ns, 0, 0, 0]),
  posixSpawnRefuses: () => 'it has no attribute for the timer slack',
  describe: step => `timer slack ${step.ns} ns`,
}
