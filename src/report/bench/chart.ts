import simpleAsciiChart from 'simple-ascii-chart'
import type {Series} from './memory.js'

export type Glyphs = 'unicode' | 'ascii'

const height = 14
const widest = 72
const marginColumns = 14
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

const ascii = {
  axis: {n: '^', ns: '|', y: '+', nse: '+', x: '+', we: '-', e: '>'},
  dot: '.',
}
const unicode = {axis: {}, dot: '·'}

type Point = [x: number, y: number]

interface Unit {
  readonly name: string
  readonly bytes: number
}

const [MiB, GiB]: readonly [Unit, Unit] = [
  {name: 'MiB', bytes: 2 ** 20},
  {name: 'GiB', bytes: 2 ** 30},
]

function unitOf(series: readonly Series[]): Unit {
  const most = Math.max(...series.flatMap(({points}) => points.map(({memoryBytes}) => memoryBytes)))
  return most >= GiB.bytes ? GiB : MiB
}

/** Milliseconds over touched memory. */
function pointsOf({points}: Series, {bytes}: Unit): readonly Point[] {
  return points.map(({memoryBytes, callerBlockedNs}) => [memoryBytes / bytes, callerBlockedNs.p50 / 1e6])
}

/** The measured points, and between two of them one for each column that is free. */
function joined(points: readonly Point[], width: number): Point[] {
  const range = points.at(-1)![0] - points[0]![0]
  return points.flatMap(([x, y], i) => {
    const next = points[i + 1]
    if (next === undefined) return [[x, y] as Point]
    const free = Math.max(1, Math.round(((next[0] - x) / range) * width))
    return Array.from({length: free}, (_, step): Point => {
      const share = step / free
      return [x + share * (next[0] - x), y + share * (next[1] - y)]
    })
  })
}

function milliseconds(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2)
}

/**
 * For how long each row blocks its caller (median) over the memory that the caller has touched; a letter where it was
 * measured.
 */
export function memoryChart(series: readonly Series[], {columns, glyphs}: {columns: number; glyphs: Glyphs}): string {
  const {axis, dot} = glyphs === 'unicode' ? unicode : ascii
  const width = Math.min(widest, columns - marginColumns)
  const unit = unitOf(series)
  const measured = series.map(each => pointsOf(each, unit))
  const most = Math.max(...measured.flat().map(([, y]) => y))
  const letterAt = new Map(measured.flatMap((points, i) => points.map(point => [String(point), letters[i]!])))
  const picture = simpleAsciiChart(
    measured.map(points => joined(points, width)),
    {
      width,
      height,
      yRange: [0, most],
      symbols: {axis},
      formatter: (value, {axis}) => (axis === 'x' ? String(Number(value.toFixed(2))) : milliseconds(value)),
      customXAxisTicks: ticks(measured[0]!.map(([x]) => x)),
      customYAxisTicks: [0, 0.25, 0.5, 0.75, 1].map(share => share * most),
      lineFormatter: ({x, y, plotX, plotY}) => ({x: plotX, y: plotY, symbol: letterAt.get(String([x, y])) ?? dot}),
    },
  )
  const legend = series.map(({row}, i) => `${letters[i]} ${row}`).join('   ')
  return `${picture.replace(/^\s*\n/, '').trimEnd()}\n${legend}`
}

/** As many of the sizes as can stand beside each other. */
function ticks(sizes: readonly number[]): number[] {
  const apart = (sizes.at(-1)! - sizes[0]!) / 8
  const kept: number[] = []
  for (const size of sizes) if (kept.length === 0 || size - kept.at(-1)! >= apart) kept.push(size)
  return kept
}

export function chartTitle(series: readonly Series[]): string {
  return `Milliseconds that the caller is blocked (p50) over its touched memory, ${unitOf(series).name}`
}
