import {UsageError} from '../../errors.js'
import {lastValue} from '../option.js'
import type {ScriptWriter} from '../script.js'
import {words64} from '../script.js'
import {describeSignals, libcInternal, signalList, signalMask, signalName, sigsetBytes} from '../signals.js'
import type {StepKind} from '../step.js'

const SIG_DFL = 0n
const SIG_IGN = 1n
const unchangeable = [9, 19]
/** Node ignores these, and what is ignored stays ignored across execve: `yes | head` would never end. */
const ignoredByNode = [13, 25]

function setDisposition(script: ScriptWriter, signals: readonly number[], handler: bigint): void {
  const action = script.pool.bytes(words64(handler, 0n, 0n, 0n))
  for (const signal of signals) script.call('rt_sigaction', [signal, action, 0, sigsetBytes])
}

function changeable(text: string): readonly number[] {
  return signalList(text).filter(signal => !unchangeable.includes(signal))
}

export const sigdefault: StepKind<'sigdefault'> = {
  kind: 'sigdefault',
  summary:
    'Signals to their default action; SIGPIPE and SIGXFSZ always, because Node ignores them. First, while all are blocked.',
  options: [
    {
      name: 'sigdefault',
      value: 'LIST',
      summary: 'set these signals to their default action: names or numbers with commas, or "all"',
    },
  ],
  read(values) {
    const ignored = changeable(lastValue(values, 'sigignore') ?? 'none')
    const wanted = [...ignoredByNode, ...changeable(lastValue(values, 'sigdefault') ?? 'none')]
    return {kind: 'sigdefault', signals: [...new Set(wanted)].filter(signal => !ignored.includes(signal))}
  },
  byDefault: () => ({kind: 'sigdefault', signals: ignoredByNode}),
  lower: (step, script) => setDisposition(script, step.signals, SIG_DFL),
  posixSpawnRefuses: () => undefined,
  lowerToPosixSpawn(step, actions) {
    // glibc leaves its own ignored in the child unless it is told otherwise.
    actions.sigdefault = signalMask([...step.signals, ...libcInternal])
  },
  describe: step => `default action for ${describeSignals(step.signals)}`,
}

export const sigignore: StepKind<'sigignore'> = {
  kind: 'sigignore',
  summary: 'Signals to be ignored, as nohup does with SIGHUP; ignored signals stay ignored in the program.',
  options: [
    {
      name: 'sigignore',
      value: 'LIST',
      summary: 'let the program start with these signals ignored (HUP: as nohup does)',
    },
  ],
  read(values) {
    const text = lastValue(values, 'sigignore')
    if (text === undefined) return undefined
    const signals = signalList(text)
    const refused = signals.find(signal => unchangeable.includes(signal))
    if (refused !== undefined && text !== 'all')
      throw new UsageError(`${signalName(refused)} cannot be ignored`, {
        why: 'the kernel lets nobody ignore or catch SIGKILL and SIGSTOP',
        next: `leave it out of --sigignore`,
      })
    return {kind: 'sigignore', signals: changeable(text)}
  },
  lower: (step, script) => setDisposition(script, step.signals, SIG_IGN),
  posixSpawnRefuses: () => 'it can set signals to their default action, but not to be ignored',
  describe: step => `ignore ${describeSignals(step.signals)}`,
}
