import {timeNames} from '../../bench/samples.js'
import type {Series} from '../bench/memory.js'
import {summaryOf} from './times.js'

export const mebibyte = 2 ** 20

/** What all charts of a graph share, so that they can be compared. */
export interface Axes {
  readonly memory: {readonly unit: 'MiB' | 'GiB'; readonly bytes: number; readonly most: number}
  readonly time: {readonly unit: 'µs' | 'ms'; readonly ns: number; readonly most: number}
}

export function axesOf(series: readonly Series[]): Axes {
  const points = series.flatMap(({points}) => points)
  const mostBytes = Math.max(...points.map(({memoryBytes}) => memoryBytes))
  const mostNs = Math.max(...points.flatMap(point => timeNames.map(time => summaryOf(point, time).p90))) * 1.05
  const [unit, bytes] = mostBytes >= 2 ** 31 ? (['GiB', 2 ** 30] as const) : (['MiB', mebibyte] as const)
  const [timeUnit, ns] = mostNs >= 2e6 ? (['ms', 1e6] as const) : (['µs', 1e3] as const)
  return {memory: {unit, bytes, most: mostBytes / bytes}, time: {unit: timeUnit, ns, most: mostNs / ns}}
}
