import type {RowResult} from '../../bench/result.js'
import {columns} from '../bench/figures.js'
import {type Content, html, type Markup} from './markup.js'

const [, ...figures] = columns

/** The groups that head neighbouring columns. */
const groups = figures.flatMap(({heading: [name]}, i) => {
  if (figures[i - 1]?.heading[0] === name) return []
  const next = figures.findIndex((column, j) => j > i && column.heading[0] !== name)
  return [{name, span: (next === -1 ? figures.length : next) - i}]
})

// Roles are named because a style sheet that turns rows into cards would take them from the elements.
const head = html`<thead role="rowgroup">
<tr role="row"><td></td>${groups.map(({name, span}) =>
  name === '' ? html`<td colspan="${span}"></td>` : html`<th scope="colgroup" colspan="${span}">${name}</th>`,
)}</tr>
<tr role="row"><th scope="col" role="columnheader">method</th>${figures.map(
  ({heading: [, name]}) => html`<th scope="col" role="columnheader">${name}</th>`,
)}</tr>
</thead>`

function row(result: RowResult): Markup {
  const call = result.systemCall === result.row ? '' : html`<small>${result.systemCall}</small>`
  const kind = result.ratio.toFastest === 1 ? 'fastest' : 'slower'
  return html`<tr role="row" class="${kind}"><th scope="row" role="rowheader">${result.row}${call}</th>${figures.map(
    ({heading, cell}) =>
      html`<td role="cell" data-label="${heading.filter(word => word !== '').join(', ')}">${cell(result)}</td>`,
  )}</tr>
`
}

/** The rows of one ballast, in the order of the scenario. */
export function resultTable(caption: Content, results: readonly RowResult[]): Markup {
  return html`<table class="results" role="table"><caption>${caption}</caption>
${head}
<tbody role="rowgroup">
${results.map(row)}</tbody>
</table>`
}
