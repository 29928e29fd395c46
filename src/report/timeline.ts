import {type ChildName, children} from '../methods/children.js'
import type {Actor, Timeline, TimelineEvent} from '../methods/timeline.js'
import {Drawing, glyphSets, laneColumnsFor, type State} from './timeline-drawing.js'
import {timelineLine} from './timeline-lines.js'

/** How lines look; plain functions where there is no colour. */
export interface TimelineStyle {
  readonly glyphs: 'unicode' | 'ascii'
  /** No line is longer, as far as that can be. */
  readonly columns: number
  readonly quiet: (text: string) => string
  readonly bad: (text: string) => string
}

const order: readonly Actor[] = ['caller', 'keeper', 'zygote', 'kernel', ...children]
/** Below it lanes would stand too close to be told apart. */
const fewestColumns = 60

function isChild(actor: Actor): actor is ChildName {
  return children.some(name => name === actor)
}

/** Who makes a process sleeps until that executes something; a child is there from its first moment to its last. */
function follow(states: Map<Actor, State>, {kind, from, to}: TimelineEvent, parent: Actor): void {
  if (isChild(from)) states.set(from, 'alive')
  if (kind === 'create' && from !== 'zygote') states.set(from, 'asleep')
  if (kind === 'resume') states.set(parent, 'alive')
  if (kind === 'begin') states.set(to, 'alive')
  if (kind === 'fail') states.set(from, 'absent')
  if (kind === 'exit') for (const child of children) states.set(child, 'absent')
}

function born({method, syscall, pid, events}: Timeline): string {
  if (pid !== null) return `pid ${pid} by ${method}: ${syscall}`
  const errno = events.find(event => event.errno !== undefined)?.errno
  const why = errno === undefined ? '' : `: ${errno}`
  return method === 'posix_spawn' ? `posix_spawn failed${why}` : `no child by ${method}${why}`
}

function lines({events}: Timeline, {glyphs, quiet, bad}: TimelineStyle): readonly string[] {
  return events.map(event => {
    const {time, text} = timelineLine(event, glyphSets[glyphs])
    return `${quiet(time)}  ${event.errno === undefined ? text : bad(text)}`
  })
}

/** The sequence of a spawn, a line for each thing that happened; times are since the call, and how long a step took. */
export function timelineText(timeline: Timeline, style: TimelineStyle): string {
  const {events} = timeline
  const glyphs = glyphSets[style.glyphs]
  const present = new Set(events.flatMap(({from, to}) => [from, to]))
  const parent: Actor = present.has('keeper') ? 'keeper' : 'caller'
  const actors = order.filter(actor => present.has(actor) || actor === parent || actor === 'kernel')
  const lane = style.columns < fewestColumns ? undefined : laneColumnsFor(actors, events, glyphs, style.columns)
  if (lane === undefined) return `${[born(timeline), '', ...lines(timeline, style)].join('\n')}\n`
  const drawing = new Drawing(actors, lane, glyphs, style)
  const states = new Map<Actor, State>([
    [parent, 'alive'],
    ['zygote', 'alive'],
    ['kernel', 'alive'],
  ])
  let sleeps = false
  const rows = events.map(event => {
    follow(states, event, parent)
    const row = drawing.row(event, states)
    sleeps ||= [...states].some(([actor, state]) => state === 'asleep' && actor !== event.from && actor !== event.to)
    return row
  })
  const legend = sleeps ? ['', `${glyphs.asleep} sleeps until its call returns`] : []
  return `${[born(timeline), '', drawing.heading(), ...rows, ...legend].join('\n')}\n`
}
