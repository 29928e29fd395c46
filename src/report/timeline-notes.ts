import type {TimelineEvent} from '../methods/timeline.js'

/** What times and counts are written with. */
export interface NoteGlyphs {
  readonly times: string
  readonly micro: string
}

/** Three figures that count, at least: 4.2 µs, 31 ms, 1.50 s. */
export function readableTime(ns: number, micro: string): string {
  const [value, unit] = ns < 1e6 ? [ns / 1e3, micro] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's']
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`
}

/** What an event is called beside its arrow, if the arrow does not say it. */
export function eventName({kind, what, calls = 1, errno}: TimelineEvent, {times}: NoteGlyphs): string {
  switch (kind) {
    case 'step':
      return calls > 1 ? `${what} ${times}${calls}` : what
    case 'execve':
      return what === 'execve' ? '' : what
    case 'signal':
      return 'time is up'
    case 'tree':
      return 'nothing is left of it'
    default:
      return errno ?? ''
  }
}
