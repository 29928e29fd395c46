// The parts of docs/library.md that are made from code and from raw data; the rest of it is written by hand.
import {table} from '../dist/exec/document.js'
import {stepKinds} from '../dist/plan/housekeeping.js'
import {libraryOptions, propertyName} from '../dist/process/housekeeping.js'
import {libraryCharts} from './library-charts.mjs'

function valueFor({value, multiple}) {
  if (value === undefined) return '`true`'
  if (value === 'OCTAL') return 'a number, or octal digits'
  if (value.includes('LIST')) return 'a list, or a string with commas'
  return `\`${value}\`${multiple ? ', or a list of them' : ''}`.replaceAll('|', '\\|')
}

function housekeeping() {
  const rows = stepKinds.flatMap(({kind, options}) =>
    options
      .filter(({name}) => libraryOptions.has(propertyName(name)))
      .map(option => [
        `\`${propertyName(option.name)}\``,
        valueFor(option),
        option.summary.replaceAll('|', '\\|'),
        `\`${kind}\``,
      ]),
  )
  return table(['option', 'value', 'what it does', 'step'], rows)
}

const parts = {housekeeping, benchmarks: libraryCharts}

/** @param written the document as it is */
export function libraryDocument(written) {
  return written.replace(/<!-- generated: (\w+) -->\n.*?<!-- end -->/gs, (_, name) =>
    [`<!-- generated: ${name} -->`, '', parts[name](), '', '<!-- end -->'].join('\n'),
  )
}
