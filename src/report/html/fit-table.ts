import type {Fit} from '../../bench/result.js'
import {type TimeName, timeNames} from '../../bench/samples.js'
import {isFlat, type Series, slope} from '../bench/memory.js'
import {type Column, figureTable} from './figure-table.js'
import {html, type Markup} from './markup.js'

const groups: Readonly<Record<TimeName, string>> = {callerBlocked: 'blocked', spawnToExit: 'to exit'}

const cells: readonly [name: string, cell: (fit: Fit) => string][] = [
  ['at none, µs', ({interceptNs}) => (interceptNs / 1e3).toFixed(1)],
  ['µs per MiB ± 95 %', fit => `${isFlat(fit) ? 'flat: ' : ''}${slope(fit)}`],
  ['R²', ({r2}) => r2.toFixed(4)],
]

const columns: readonly Column<Series>[] = timeNames.flatMap(time =>
  cells.map(([name, cell]) => ({
    heading: [groups[time], name] as const,
    cell({fits}: Series) {
      const fit = fits.find(fit => fit.time === time)
      return fit === undefined ? '–' : cell(fit)
    },
  })),
)

/** The lines of a graph in figures; nothing where too few sizes were measured to draw any. */
export function fitTable(series: readonly Series[]): Markup {
  const fitted = series.filter(({fits}) => fits.length > 0)
  if (fitted.length === 0) return html``
  const flat = fitted.some(({fits}) => fits.some(isFlat)) ? ' “flat”: no slope is shown, for its interval holds 0.' : ''
  const lines = fitted.map(each => ({name: each.row, item: each}))
  return html`${figureTable('The fitted lines', columns, lines)}
<p class="note">The cost at no memory, and for each MiB more.${flat}</p>`
}
