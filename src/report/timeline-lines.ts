import type {TimelineEvent} from '../methods/timeline.js'
import {eventName, type NoteGlyphs, readableTime} from './timeline-notes.js'

const timeColumns = 9

/** Whom it happens to: the kernel only answers. */
function who({kind, from, to}: TimelineEvent): string {
  if (kind === 'exit') return 'program'
  return from === 'kernel' || kind === 'resume' ? to : from
}

/** An event a line, where there is no room for a drawing: "0.15 ms  child: umask (0.7 µs)". */
export function timelineLine(event: TimelineEvent, glyphs: NoteGlyphs): {time: string; text: string} {
  const {kind, what, atNs, durationNs} = event
  const name = eventName(event, glyphs)
  const said = kind === 'step' ? name : [kind === 'execve' ? 'execve' : what, name].filter(Boolean).join(', ')
  const lasting = durationNs === undefined ? '' : ` (${readableTime(durationNs, glyphs.micro)})`
  const time = readableTime(atNs, glyphs.micro).padStart(timeColumns)
  return {time, text: `${who(event)}: ${said}${lasting}`}
}
