// Sections that are results of `spawnctl bench --export-json`.
import {table} from '../../dist/exec/document.js'
import {conclusion} from '../../dist/report/bench/conclusion.js'
import {articleNote, columns} from '../../dist/report/bench/figures.js'
import {atTheLargest, isFlat, seriesOf, slope} from '../../dist/report/bench/memory.js'

const title = ([group, name]) => (group === '' ? name : `${group}, ${name}`)

function figures(results) {
  return table(
    columns.map(({heading}) => title(heading)),
    results.map(result => columns.map(({cell}, i) => (i === 0 ? `\`${cell(result)}\`` : cell(result)))),
  )
}

function origin(file, command, {environment, scenario, startedAt, warnings}) {
  const {kernel, libc, cpu, virtualisation, versions, loadAverage} = environment
  const machine = `spawnctl ${versions.spawnctl}, Node ${versions.node}, Linux ${kernel}, ${libc}, ${cpu.count} × ${cpu.model}, ${virtualisation}`
  const doubts = warnings.length === 0 ? '' : ` It warned: ${warnings.map(({message}) => message).join(' ')}`
  return `Made by \`${command} --seed ${scenario.seed}\` (${scenario.iterations} iterations of each row) on ${startedAt.slice(0, 10)}: ${machine}; load ${loadAverage[0]}. Raw samples: [${file}](benchmarks/${file}).${doubts}`
}

export const articlesTable = {
  file: 'table.json',
  section: result => [
    '## The article’s table',
    conclusion(result.results),
    figures(result.results),
    articleNote,
    origin('table.json', 'spawnctl bench --export-json', result),
  ],
}

function fitRow(fits, row) {
  const cells = ['callerBlocked', 'spawnToExit'].flatMap(time => {
    const fit = fits.find(fit => fit.row === row && fit.time === time)
    return [`${slope(fit)}${isFlat(fit) ? ' (flat)' : ''}`, fit.r2.toFixed(4)]
  })
  return [`\`${row}\``, ...cells]
}

export const sweep = {
  file: 'sweep.json',
  section: result => [
    '## Cost over memory',
    `A caller that has touched 0 to 4 GiB in pages of 4 KiB: the article’s two graphs, as lines of least squares. ${atTheLargest(seriesOf(result))}`,
    table(
      ['method', 'blocked, µs per MiB ± 95 %', 'R²', 'to exit, µs per MiB ± 95 %', 'R²'],
      result.scenario.rows.map(row => fitRow(result.fits, row)),
    ),
    'Flat: the interval of the slope holds 0.',
    origin('sweep.json', 'spawnctl bench --memory sweep --methods fork,vfork,clone,clone-vm,node,library', result),
  ],
}
