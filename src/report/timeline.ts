import {type ChildName, children} from '../methods/children.js'
import type {Actor, Timeline, TimelineEvent} from '../methods/timeline.js'

/** How lines look; plain functions where there is no colour. */
export interface TimelineStyle {
  readonly glyphs: 'unicode' | 'ascii'
  readonly quiet: (text: string) => string
  readonly bad: (text: string) => string
}

interface Glyphs {
  readonly alive: string
  readonly asleep: string
  readonly line: string
  readonly right: string
  readonly left: string
  readonly leaves: {readonly right: string; readonly left: string}
  readonly crossed: string
  readonly times: string
  readonly micro: string
}

const glyphSets: Readonly<Record<TimelineStyle['glyphs'], Glyphs>> = {
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

const order: readonly Actor[] = ['caller', 'keeper', 'zygote', 'kernel', ...children]
const timeColumns = 9
const firstLane = 14
/** More than three lanes stand closer: all fits 80 columns. */
const wideLane = 15
const narrowLane = 12

function isChild(actor: Actor): actor is ChildName {
  return children.some(name => name === actor)
}

type State = 'absent' | 'alive' | 'asleep'

/** Three figures that count, at least: 4.2 µs, 31 ms, 1.50 s. */
function readableTime(ns: number, micro: string): string {
  const [value, unit] = ns < 1e6 ? [ns / 1e3, micro] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's']
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`
}

/** A caller whose thread cannot go on sleeps; the child is there from its first moment to its last. */
function follow(states: Map<Actor, State>, {kind, from, to}: TimelineEvent, parent: Actor): void {
  if (kind === 'create' && from === parent) states.set(parent, 'asleep')
  if (kind === 'resume') states.set(parent, 'alive')
  if (kind === 'begin') states.set(to, 'alive')
  if (from !== 'child' && isChild(from)) states.set(from, 'alive')
  if (kind === 'fail') states.set(from, 'absent')
  if (kind === 'exit') for (const child of children) states.set(child, 'absent')
}

function noted(event: TimelineEvent, {times, micro}: Glyphs): string {
  const {kind, what, durationNs, calls = 1, errno} = event
  const count = calls > 1 ? ` ${times}${calls}` : ''
  const name = kind === 'step' ? `${what}${count}` : (errno ?? '')
  const time = durationNs === undefined ? '' : readableTime(durationNs, micro)
  return [time.padStart(time === '' || name === '' ? 0 : timeColumns), name].filter(Boolean).join('  ')
}

class Diagram {
  private readonly glyphs: Glyphs
  private readonly laneColumns: number

  constructor(
    private readonly actors: readonly Actor[],
    private readonly style: TimelineStyle,
  ) {
    this.glyphs = glyphSets[style.glyphs]
    this.laneColumns = actors.length > 3 ? narrowLane : wideLane
  }

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

  heading(): string {
    const cells = new Array<string>(firstLane + (this.actors.length - 1) * this.laneColumns + 14).fill(' ')
    for (const actor of this.actors) {
      const start = firstLane + this.column(actor) - Math.floor(actor.length / 2)
      cells.splice(start, actor.length, ...actor)
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
    if (event.kind !== 'step') {
      const label = ` ${event.what} `
      const start = (from < to ? low : high - this.laneColumns) + Math.ceil((this.laneColumns - label.length) / 2)
      cells.splice(start, label.length, ...label)
    }
    const {quiet, bad} = this.style
    const time = quiet(readableTime(event.atNs, micro).padStart(timeColumns))
    const note = noted(event, this.glyphs)
    const text = event.errno === undefined ? note : bad(note)
    return `${time}${' '.repeat(firstLane - timeColumns)}${cells.join('')}${note === '' ? '' : `   ${text}`}`.trimEnd()
  }
}

/** The sequence of a spawn, a line for each thing that happened; times are since the call, and how long a step took. */
export function timelineText({method, syscall, pid, events}: Timeline, style: TimelineStyle): string {
  const present = new Set(events.flatMap(({from, to}) => [from, to]))
  const parent: Actor = present.has('keeper') ? 'keeper' : 'caller'
  const actors = order.filter(actor => present.has(actor) || actor === parent || actor === 'kernel')
  const diagram = new Diagram(actors, style)
  const states = new Map<Actor, State>([
    [parent, 'alive'],
    ['zygote', 'alive'],
    ['kernel', 'alive'],
  ])
  const rows = events.map(event => {
    follow(states, event, parent)
    return diagram.row(event, states)
  })
  const born = pid === null ? `no child by ${method}` : `pid ${pid} by ${method}: ${syscall}`
  return `${[born, '', diagram.heading(), ...rows].join('\n')}\n`
}
