import {children} from '../methods/children.js'
import type {Actor, TimelineEvent} from '../methods/timeline.js'
import {eventName, type NoteGlyphs, readableTime} from './timeline-notes.js'

export interface Glyphs extends NoteGlyphs {
  readonly alive: string
  readonly asleep: string
  readonly line: string
  readonly right: string
  readonly left: string
  readonly leaves: {readonly right: string; readonly left: string}
  readonly crossed: string
}

export const glyphSets: Readonly<Record<'unicode' | 'ascii', Glyphs>> = {
  unicode: {
    alive: '│',
    asleep: '┊',
    line: '─',
    right: '▶',
    left: '◀',
    leaves: {right: '├', left: '┤'},
    crossed: '┼',
    times: '×',
    micro: 'µs',
  },
  ascii: {
    alive: '|',
    asleep: ':',
    line: '-',
    right: '>',
    left: '<',
    leaves: {right: '|', left: '|'},
    crossed: '+',
    times: 'x',
    micro: 'us',
  },
}

const timeColumns = 9
const firstLane = 14
const widestLane = 15
/** Between the last lane and what stands beside it. */
const gap = 3
const durationColumns = 9

export type State = 'absent' | 'alive' | 'asleep'

/** What the arrow itself says. */
function label({kind, what}: TimelineEvent): string {
  return kind === 'step' ? '' : kind === 'execve' ? 'execve' : what
}

function noted(event: TimelineEvent, glyphs: Glyphs): string {
  const name = eventName(event, glyphs)
  const time = event.durationNs === undefined ? '' : readableTime(event.durationNs, glyphs.micro)
  return [time.padStart(time === '' || name === '' ? 0 : durationColumns), name].filter(Boolean).join('  ')
}

/** An arrow holds its words, a space at either side, and its head. */
function narrowestLane(events: readonly TimelineEvent[]): number {
  return Math.max(...events.map(event => label(event).length)) + 4
}

/** How far apart the lanes of a drawing can stand; undefined where no drawing fits. */
export function laneColumnsFor(
  actors: readonly Actor[],
  events: readonly TimelineEvent[],
  glyphs: Glyphs,
  columns: number,
): number | undefined {
  const notes = Math.max(...events.map(event => noted(event, glyphs).length))
  const beside = notes === 0 ? 0 : gap + notes
  const room = Math.floor((columns - firstLane - 1 - beside) / Math.max(1, actors.length - 1))
  return room < narrowestLane(events) ? undefined : Math.min(room, widestLane)
}

/** Lanes from left to right, and an arrow a row. */
export class Drawing {
  constructor(
    private readonly actors: readonly Actor[],
    private readonly laneColumns: number,
    private readonly glyphs: Glyphs,
    private readonly paint: {readonly quiet: (text: string) => string; readonly bad: (text: string) => string},
  ) {}

  private column(actor: Actor): number {
    return this.actors.indexOf(actor) * this.laneColumns
  }

  private lanes(states: ReadonlyMap<Actor, State>): string[] {
    const cells = new Array<string>((this.actors.length - 1) * this.laneColumns + 1).fill(' ')
    for (const actor of this.actors) {
      const state = states.get(actor) ?? 'absent'
      if (state !== 'absent') cells[this.column(actor)] = this.glyphs[state]
    }
    return cells
  }

  /** "second child" is "second" where lanes stand close. */
  private title(actor: Actor): string {
    const isLong = actor !== 'child' && (children as readonly string[]).includes(actor)
    return isLong && actor.length >= this.laneColumns ? actor.replace(' child', '') : actor
  }

  heading(): string {
    const cells = new Array<string>(firstLane + this.actors.length * this.laneColumns).fill(' ')
    for (const actor of this.actors) {
      const title = this.title(actor)
      cells.splice(firstLane + this.column(actor) - Math.floor(title.length / 2), title.length, ...title)
    }
    return cells.join('').trimEnd()
  }

  row(event: TimelineEvent, states: ReadonlyMap<Actor, State>): string {
    const {line, right, left, leaves, crossed, micro} = this.glyphs
    const cells = this.lanes(states)
    const [from, to] = [this.column(event.from), this.column(event.to)]
    const [low, high] = [Math.min(from, to), Math.max(from, to)]
    for (let x = low + 1; x < high; x++) cells[x] = cells[x] === ' ' ? line : crossed
    cells[from] = from < to ? leaves.right : leaves.left
    cells[from < to ? to - 1 : to + 1] = from < to ? right : left
    const said = label(event)
    if (said !== '') {
      const text = ` ${said} `
      const middle = Math.ceil((this.laneColumns - text.length) / 2)
      const start = from < to ? low + middle : high - this.laneColumns + Math.max(2, middle)
      cells.splice(start, text.length, ...text)
    }
    const time = this.paint.quiet(readableTime(event.atNs, micro).padStart(timeColumns))
    const note = noted(event, this.glyphs)
    const text = event.errno === undefined ? note : this.paint.bad(note)
    const beside = note === '' ? '' : `${' '.repeat(gap)}${text}`
    return `${time}${' '.repeat(firstLane - timeColumns)}${cells.join('')}${beside}`.trimEnd()
  }
}
