import {constants} from 'node:os'
import {UsageError} from '../errors.js'

/** The kernel's _NSIG. */
export const lastSignal = 64
/** What rt_sigaction and rt_sigprocmask want to be told of their sets. */
export const sigsetBytes = lastSignal / 8
const byName = constants.signals as unknown as Readonly<Record<string, number>>

/** What libc keeps for itself of the real-time signals: the kernel's first two. */
export const libcInternal: readonly number[] = [32, 33]
const firstRealTime = 34

/** "RTMIN+3", "RTMAX-1": as bash and setpriv have them. */
function realTimeSignal(name: string): number | undefined {
  const [, base, sign, offset = '0'] = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name) ?? []
  if (base === undefined) return undefined
  const number = base === 'MIN' ? firstRealTime + Number(offset) : lastSignal - Number(offset)
  const isTowards = sign === undefined || (sign === '+') === (base === 'MIN')
  return isTowards && number >= firstRealTime && number <= lastSignal ? number : undefined
}

/** "TERM", "SIGTERM", "15" → 15. */
export function signalNumber(name: string): number {
  if (/^\d+$/.test(name) && Number(name) >= 1 && Number(name) <= lastSignal) return Number(name)
  const upper = name.toUpperCase()
  const found = byName[upper.startsWith('SIG') ? upper : `SIG${upper}`] ?? realTimeSignal(upper.replace(/^SIG/, ''))
  if (found !== undefined) return found
  throw new UsageError(`"${name}" is no signal`, {
    next: 'use a name as in `kill -l`, with or without SIG, or a number from 1 to 64',
  })
}

/** 15 → "SIGTERM"; a real-time signal has no name of its own: 34 → "34". */
export function signalName(signal: number): string {
  return Object.keys(byName).find(name => byName[name] === signal) ?? String(signal)
}

/** "HUP,TERM", "all" or "none" → numbers, ascending. */
export function signalList(text: string): readonly number[] {
  if (text === 'none') return []
  if (text === 'all') return Array.from({length: lastSignal}, (_, i) => i + 1)
  return [...new Set(text.split(',').map(signalNumber))].sort((a, b) => a - b)
}

/** The kernel's sigset: bit n-1 is signal n. */
export function signalMask(signals: readonly number[]): bigint {
  return signals.reduce((mask, signal) => mask | (1n << BigInt(signal - 1)), 0n)
}

export function describeSignals(signals: readonly number[]): string {
  if (signals.length === 0) return 'none'
  return signals.length === lastSignal ? 'all' : signals.map(signalName).join(',')
}
