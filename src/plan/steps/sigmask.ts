import {lastValue} from '../option.js'
import {words64} from '../script.js'
import {describeSignals, libcInternal, signalList, signalMask, sigsetBytes} from '../signals.js'
import type {StepKind} from '../step.js'

const SIG_SETMASK = 2

export const sigmask: StepKind<'sigmask'> = {
  kind: 'sigmask',
  summary:
    'Blocked signals: none, unless given. Last before execve: until then all are blocked, so no handler runs in the child.',
  options: [
    {name: 'sigmask', value: 'LIST', summary: 'let the program start with these signals blocked; none unless given'},
  ],
  read: values => ({kind: 'sigmask', signals: signalList(lastValue(values, 'sigmask') ?? 'none')}),
  byDefault: () => ({kind: 'sigmask', signals: []}),
  lower: (step, script) =>
    script.call('rt_sigprocmask', [SIG_SETMASK, script.pool.bytes(words64(signalMask(step.signals))), 0, sigsetBytes]),
  posixSpawnRefuses: step =>
    step.signals.some(signal => libcInternal.includes(signal))
      ? 'libc does not let its own signals 32 and 33 be blocked'
      : undefined,
  lowerToPosixSpawn(step, actions) {
    actions.sigmask = signalMask(step.signals)
  },
  describe: step => `blocked signals ${describeSignals(step.signals)}`,
}
