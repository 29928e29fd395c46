import {UsageError} from '../errors.js'
import {isOn, lastValue, type Option, type OptionValues} from './option.js'
import {signalName, signalNumber} from './signals.js'
import {isProcess1} from './steps/unshare.js'

/** What is watched over while the program runs; no business of the child's. */
export interface Supervision {
  /** After this time the program is sent the signal; 0 is never. */
  readonly timeoutMs: number
  /** After this time more, SIGKILL; 0 is never. */
  readonly killAfterMs: number
  readonly signal: number
  /** The exit code is the program's also when time was up. */
  readonly preserveStatus: boolean
  /** When the program ends, so does everything that it has started. */
  readonly killTree: boolean
  /** A keeper outlives spawnctl when that is killed, and sees to the end. */
  readonly kept: boolean
}

/** What a run is that nothing of the kind was asked for. */
export const unsupervised: Supervision = {
  timeoutMs: 0,
  killAfterMs: 0,
  signal: 15,
  preserveStatus: false,
  killTree: false,
  kept: false,
}

const SIGKILL = 9
const SIGTERM = 15
const msPerUnit: Readonly<Record<string, number>> = {'': 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}
/** 278 years. */
const mostMs = 2 ** 43
/** Of what timeout(1) takes: decimal, with an exponent, hexadecimal, or without end. */
const strtod = /^(inf(?:inity)?|0x[\da-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(ms|[smhd]?)$/i

export const supervisionOptions: readonly Option[] = [
  {
    name: 'timeout',
    value: 'TIME',
    summary:
      'end the program and its group after this time, as timeout: 10, 1.5s, 2m, 1h, 1d; exit code 124, or 137 after SIGKILL',
  },
  {name: 'kill-after', value: 'TIME', summary: 'with --timeout: send SIGKILL when this time more has passed'},
  {name: 'signal', value: 'SIGNAL', summary: 'with --timeout: the signal to send; TERM unless given'},
  {name: 'preserve-status', summary: 'with --timeout: leave with the program’s own exit code also when time was up'},
  {
    name: 'kill-tree',
    summary: 'when the program has ended, end all that it started, in whatever session; the report says by what means',
  },
]

function duration(text: string, option: string): number {
  const [, number, unit] = strtod.exec(text) ?? []
  const unitMs = msPerUnit[unit ?? '']
  if (number !== undefined && unitMs !== undefined)
    return Math.min((/^inf/i.test(number) ? mostMs : Number(number)) * unitMs, mostMs)
  throw new UsageError(`--${option} wants a time, not "${text}"`, {
    next: `--${option} 1.5s (ms, s, m, h or d; 0 for none)`,
  })
}

/** The keeper can be killed: the program shall then end too. And what it starts should be reached by one signal. */
export function isSupervised(values: OptionValues): boolean {
  return isOn(values, 'kill-tree') || lastValue(values, 'timeout') !== undefined
}

function refuseDeaf(values: OptionValues, {timeoutMs, killAfterMs, signal}: Supervision): void {
  if (timeoutMs === 0 || killAfterMs > 0 || signal === SIGKILL || !isProcess1(values)) return
  throw new UsageError(
    `--timeout may never end process 1 of a pid namespace: it gets ${signalName(signal)} only if it handles it`,
    {
      next: '--init, which has the program be another process; or --kill-after 5s; or --signal KILL',
    },
  )
}

/** @throws {UsageError} */
export function readSupervision(values: OptionValues): Supervision {
  const [timeout, killAfter, signal] = ['timeout', 'kill-after', 'signal'].map(name => lastValue(values, name))
  const dependent = ['kill-after', 'signal', 'preserve-status'].find(name => values[name] !== undefined)
  if (timeout === undefined && dependent !== undefined)
    throw new UsageError(`--${dependent} needs --timeout`, {next: `--timeout 10s --${dependent} …`})
  const supervision: Supervision = {
    timeoutMs: timeout === undefined ? 0 : duration(timeout, 'timeout'),
    killAfterMs: killAfter === undefined ? 0 : duration(killAfter, 'kill-after'),
    signal: signal === undefined ? SIGTERM : signalNumber(signal),
    preserveStatus: isOn(values, 'preserve-status'),
    killTree: isOn(values, 'kill-tree'),
    kept: isSupervised(values) || !['none', undefined].includes(lastValue(values, 'pdeathsig')),
  }
  refuseDeaf(values, supervision)
  return supervision
}

export function describeSupervision({timeoutMs, killAfterMs, signal, killTree}: Supervision): readonly string[] {
  return [
    ...(timeoutMs > 0 ? [`${signalName(signal)} after ${timeoutMs} ms`] : []),
    ...(timeoutMs > 0 && killAfterMs > 0 ? [`SIGKILL ${killAfterMs} ms later`] : []),
    ...(killTree ? ['an end to all that it starts, when it ends'] : []),
  ]
}
