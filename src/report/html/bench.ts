import {byBallast, describeBallast} from '../../bench/ballast.js'
import type {BenchResult, Warning} from '../../bench/result.js'
import {timeNames} from '../../bench/samples.js'
import {conclusion} from '../bench/conclusion.js'
import {articleNote} from '../bench/figures.js'
import {shellWords} from '../shell-words.js'
import {distribution} from './distributions.js'
import {facts} from './facts.js'
import {html, type Markup} from './markup.js'
import {memoryGraphs} from './memory-graphs.js'
import {page} from './page.js'
import {resultTable} from './result-table.js'

const glossary = html`<dl>
<dt>caller blocked</dt><dd>from the call until the caller could go on</dd>
<dt>spawn to exit</dt><dd>from the call until the child’s exit was known</dd>
<dt>p50, p99</dt><dd>half, and 99 of 100, of the iterations took at most this long</dd>
<dt>± 95 %, (…)</dt><dd>the interval that holds the true value with 95 % confidence, from the spread between blocks of iterations</dd>
<dt>outliers</dt><dd>iterations far beyond the others; they are counted in, not thrown away</dd>
<dt>article</dt><dd>the mean that “Spawning Processes on Linux” gives, from its author’s machine; ${articleNote}</dd>
</dl>`

function warningList(warnings: readonly Warning[]): Markup {
  if (warnings.length === 0) return html``
  return html`<ul class="warnings" aria-label="Warnings">${warnings.map(
    ({message, next}) => html`<li><strong>${message}</strong> <span>${next}</span></li>`,
  )}</ul>`
}

function section(heading: string, body: Markup): Markup {
  return html`<section><h2>${heading}</h2>
${body}
</section>
`
}

/** The report: one page that needs neither network nor other files, with all samples in it. */
export async function benchHtml(result: BenchResult): Promise<string> {
  const {environment, scenario, startedAt} = result
  const title = `What it costs to spawn ${shellWords([scenario.program, ...scenario.args])}`
  const [first, ...further] = byBallast(result.results)
  const spreads: Markup[] = []
  for (const time of timeNames) spreads.push((await distribution(first ?? [], time)) ?? html``)
  const graphs = await memoryGraphs(result)
  const main = html`<header>
<h1>${title}</h1>
<p class="quiet">${scenario.rows.length} rows, ${scenario.iterations} iterations each · <time datetime="${startedAt}">${startedAt
    .replace('T', ' ')
    .replace(
      /(:\d\d)[.\d]*Z$/,
      '$1 UTC',
    )}</time> · ${environment.cpu.model}, Linux ${environment.kernel}, ${environment.libc}</p>
<p class="answer">${conclusion(first ?? [])}</p>
${warningList(result.warnings)}
</header>
${
  first === undefined
    ? ''
    : section('The figures', html`${resultTable(`With ${describeBallast(first[0])}`, first)}${glossary}`)
}
${section('How the samples are spread', html`<p>Each lane is a histogram of one row’s samples on a logarithmic scale. The solid line is the median, the dashed line the 99th percentile.</p><div class="pair">${spreads}</div>`)}
${graphs === null ? '' : section('Cost over memory', graphs)}
${
  further.length === 0
    ? ''
    : section(
        'The figures under more ballast',
        html`${further.map(group => resultTable(`With ${describeBallast(group[0])}`, group))}`,
      )
}
${section('How this was measured', facts(result))}
${section('Raw data', html`<p>The page carries every sample, as JSON (schema <code>${result.schema}</code>).</p><p class="screen"><a class="download" id="download" download="spawnctl-bench-${startedAt.replaceAll(':', '-')}.json" hidden>Download the JSON</a></p>`)}`
  return page(title, main, result)
}
