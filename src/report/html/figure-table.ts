import {html, type Markup} from './markup.js'

export interface Column<T> {
  /** The group that neighbouring columns stand under, and their own. */
  readonly heading: readonly [group: string, name: string]
  readonly cell: (item: T) => string
}

export interface Line<T> {
  readonly name: string
  /** Below the name. */
  readonly note?: string
  readonly strong?: boolean
  readonly item: T
}

function head<T>(columns: readonly Column<T>[]): Markup {
  const groupOf = (i: number) => columns[i]?.heading[0]
  const starts = columns.flatMap((_, i) => (groupOf(i) === groupOf(i - 1) ? [] : [i]))
  const groups = starts.map((start, i) => {
    const span = (starts[i + 1] ?? columns.length) - start
    return groupOf(start) === ''
      ? html`<td colspan="${span}"></td>`
      : html`<th scope="colgroup" colspan="${span}"><span>${groupOf(start)!}</span></th>`
  })
  return html`<thead>
<tr><td></td>${groups}</tr>
<tr><th scope="col">method</th>${columns.map(({heading: [, name]}) => html`<th scope="col">${name}</th>`)}</tr>
</thead>`
}

function row<T>(columns: readonly Column<T>[], {name, note, strong, item}: Line<T>): Markup {
  const below = note === undefined ? '' : html`<small>${note}</small>`
  const cells = columns.map(({cell}) => html`<td>${cell(item)}</td>`)
  return html`<tr${strong ? html` class="fastest"` : ''}><th scope="row">${name}${below}</th>${cells}</tr>\n`
}

/** A line for each method. Where it is wider than the screen it is scrolled, by the keyboard too, and the names stay. */
export function figureTable<T>(caption: string, columns: readonly Column<T>[], lines: readonly Line<T>[]): Markup {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="results"><caption>${caption}</caption>
${head(columns)}
<tbody>
${lines.map(line => row(columns, line))}</tbody>
</table></div>`
}
