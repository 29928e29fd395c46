import {describeBallast} from '../../bench/ballast.js'
import type {RowResult} from '../../bench/result.js'
import {columns} from '../bench/figures.js'
import {figureTable} from './figure-table.js'
import type {Markup} from './markup.js'

const [, ...figures] = columns

/** The rows of one ballast, in the order of the scenario. */
export function resultTable(results: readonly [RowResult, ...RowResult[]]): Markup {
  const lines = results.map(result => ({
    name: result.row,
    ...(result.systemCall === result.row ? {} : {note: result.systemCall}),
    strong: result.ratio.toFastest === 1,
    item: result,
  }))
  return figureTable(`With ${describeBallast(results[0])}`, figures, lines)
}
