import {byBallast} from '../../bench/ballast.js'
import type {BenchResult, Warning} from '../../bench/result.js'
import {shellWords} from '../../plan/shell-words.js'
import {conclusion} from '../bench/conclusion.js'
import {articleNote} from '../bench/figures.js'
import {benchJson} from '../bench/json.js'
import {atTheLargest, seriesOf} from '../bench/memory.js'
import {distributions} from './distributions.js'
import {facts} from './facts.js'
import {html, type Markup} from './markup.js'
import {memoryGraphs} from './memory-graphs.js'
import {page} from './page.js'
import {resultTable} from './result-table.js'

const glossary = html`<dl>
<dt>blocked</dt><dd>caller blocked: from the call until the caller could go on</dd>
<dt>to exit</dt><dd>spawn to exit: from the call until the child’s exit was known</dd>
<dt>p50, p99</dt><dd>half, and 99 of 100, of the iterations took at most this long</dd>
<dt>± 95 %, (…)</dt><dd>the interval that holds the true value with 95 % confidence, from the spread between blocks of iterations</dd>
<dt>outliers</dt><dd>iterations far beyond the others; they are counted in, not thrown away</dd>
<dt>article</dt><dd>the mean that “Spawning Processes on Linux” gives, from its author’s machine</dd><dd>${articleNote}</dd>
</dl>`

function warningList(warnings: readonly Warning[]): Markup {
  if (warnings.length === 0) return html``
  return html`<ul class="warnings" aria-label="Warnings">${warnings.map(
    ({message, next}) => html`<li><strong>${message}</strong> <span>Next: ${next}</span></li>`,
  )}</ul>`
}

/** Of the first ballast, and of the memory where it was varied. */
function answers(result: BenchResult): readonly string[] {
  const [first = []] = byBallast(result.results)
  return [conclusion(first), atTheLargest(seriesOf(result))].filter(text => text !== '')
}

function header(title: string, result: BenchResult): Markup {
  const {scenario, environment, startedAt, warnings} = result
  const {cpu, kernel, libc} = environment
  const rows = `${scenario.rows.length} ${scenario.rows.length === 1 ? 'row' : 'rows'}`
  const time = `${startedAt.slice(0, 19).replace('T', ' ')} UTC`
  return html`<header>
<h1>${title}</h1>
<p class="quiet">${rows}, ${scenario.iterations} iterations each · <time datetime="${startedAt}">${time}</time> · ${cpu.model}, Linux ${kernel}, ${libc}</p>
<div class="answer">${answers(result).map(text => html`<p>${text}</p>`)}</div>
${warningList(warnings)}
</header>
`
}

function section(heading: string, body: Markup | null, attributes = html``): Markup {
  if (body === null) return html``
  return html`<section${attributes}><h2>${heading}</h2>
${body}
</section>
`
}

function rawData({startedAt, schema, results}: BenchResult): Markup {
  const samples = results.some(({samplesNs}) => samplesNs !== undefined) ? ', with every sample' : ''
  return html`<p>The page carries the result${samples}: the JSON (schema <code>${schema}</code>) that <code>spawnctl bench compare</code> reads.</p>
<p><a class="download" id="download" download="spawnctl-bench-${startedAt.replaceAll(':', '-')}.json" hidden>Download the JSON</a></p>`
}

/** The report: one page that needs neither network nor other files, with all samples in it. */
export async function benchHtml(result: BenchResult): Promise<string> {
  const title = `What it costs to spawn ${shellWords([result.scenario.program, ...result.scenario.args])}`
  const [first, ...further] = byBallast(result.results)
  const series = seriesOf(result)
  const main = html`${header(title, result)}
${section('The figures', first === undefined ? null : html`${resultTable(first)}${glossary}`)}
${section('Cost over memory', series.length === 0 ? null : await memoryGraphs(series))}
${section('How the samples are spread', first === undefined ? null : await distributions(first))}
${section('The figures under more ballast', further.length === 0 ? null : html`${further.map(resultTable)}`)}
${section('How this was measured', facts(result))}
${section('Raw data', rawData(result), html` class="screen"`)}`
  return page(title, main, benchJson(result, {samples: true}))
}
