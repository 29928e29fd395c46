import {timeNames} from '../../bench/samples.js'
import {showBytes} from '../../bench/size.js'
import {spoken} from '../bench/figures.js'
import {grows, type Series, slope} from '../bench/memory.js'
import {chart, type Drawing} from './chart.js'
import {fitTable} from './fit-table.js'
import {html, type Markup} from './markup.js'
import {type Axes, axesOf, mebibyte} from './memory-axes.js'
import {summaryOf, timeColors, timeTitles} from './times.js'

const frame = {width: 270, height: 150, padding: {left: 52, right: 14, top: 22, bottom: 40}}

function drawing({points, fits}: Series, {memory, time: scale}: Axes): Drawing {
  const measured = points.flatMap(point =>
    timeNames.map(time => {
      const {min, p50, p90} = summaryOf(point, time)
      return {
        time,
        memory: point.memoryBytes / memory.bytes,
        min: min / scale.ns,
        p50: p50 / scale.ns,
        p90: p90 / scale.ns,
      }
    }),
  )
  const lines = fits.flatMap(({time, slopeNsPerMiB, interceptNs}) =>
    [points[0]!, points.at(-1)!].map(({memoryBytes}) => ({
      time,
      memory: memoryBytes / memory.bytes,
      fitted: (interceptNs + (slopeNsPerMiB * memoryBytes) / mebibyte) / scale.ns,
    })),
  )
  const x = {scale: 'memory', field: 'memory'}
  const y = (field: string) => ({scale: 'time', field})
  const color = {scale: 'color', field: 'time'}
  return {
    data: [
      {name: 'measured', values: measured},
      {name: 'lines', values: lines},
    ],
    scales: [
      {name: 'memory', domain: [0, memory.most], range: [0, frame.width]},
      {name: 'time', domain: [0, scale.most], range: [frame.height, 0]},
      {name: 'color', type: 'ordinal', domain: [...timeNames], range: timeNames.map(name => timeColors[name])},
      {name: 'shape', type: 'ordinal', domain: [...timeNames], range: ['circle', 'square']},
      {name: 'fill', type: 'ordinal', domain: [...timeNames], range: [timeColors.callerBlocked, 'var(--paper)']},
      {name: 'dash', type: 'ordinal', domain: [...timeNames], range: [[], [5, 3]]},
    ],
    axes: [
      {scale: 'memory', orient: 'bottom', tickCount: 5, title: `touched memory, ${memory.unit}`, titlePadding: 5},
      {
        scale: 'time',
        orient: 'left',
        grid: true,
        domain: false,
        ticks: false,
        tickCount: 5,
        format: '~r',
        labelPadding: 10,
        title: scale.unit,
        titleAngle: 0,
        titleAlign: 'right',
        titleAnchor: 'end',
        titleX: -10,
        titleY: -12,
      },
    ],
    marks: [
      {
        type: 'group',
        from: {facet: {name: 'line', data: 'lines', groupby: 'time'}},
        marks: [
          {
            type: 'line',
            name: 'fit',
            from: {data: 'line'},
            encode: {
              enter: {
                x,
                y: y('fitted'),
                stroke: color,
                strokeWidth: {value: 1.75},
                strokeDash: {scale: 'dash', field: 'time'},
              },
            },
          },
        ],
      },
      {
        type: 'rule',
        name: 'spread',
        from: {data: 'measured'},
        encode: {enter: {x, y: y('min'), y2: y('p90'), stroke: color, strokeWidth: {value: 1.25}}},
      },
      {
        type: 'symbol',
        name: 'median',
        from: {data: 'measured'},
        encode: {
          enter: {
            x,
            y: y('p50'),
            size: {value: 42},
            shape: {scale: 'shape', field: 'time'},
            stroke: color,
            strokeWidth: {value: 1.5},
            fill: {scale: 'fill', field: 'time'},
          },
        },
      },
    ],
  }
}

const key = html`<ul class="key">${timeNames.map(
  time =>
    html`<li><svg viewBox="0 0 36 12" class="${time}" aria-hidden="true"><path d="M0 6h36"/>${
      time === 'callerBlocked'
        ? html`<circle cx="18" cy="6" r="4"/>`
        : html`<rect x="14.5" y="2.5" width="7" height="7"/>`
    }</svg>${timeTitles[time]}</li>`,
)}
<li>A mark is the median, its bar reaches from the quickest to the 90th percentile; the line is fitted.</li></ul>`

/** What the picture shows, for who cannot see it. */
function description({points, fits}: Series): string {
  const ends = [points[0]!, points.at(-1)!].map(
    point =>
      `${showBytes(point.memoryBytes)}: ${timeNames.map(time => spoken(summaryOf(point, time).p50)).join(' and ')}`,
  )
  const slopes = fits.map(fit => `${timeTitles[fit.time]}: ${slope(fit)} µs per MiB`)
  return [`Median caller blocked and spawn to exit at ${ends.join(', at ')}`, ...slopes].join('. ')
}

async function panel(id: string, series: Series, axes: Axes): Promise<Markup> {
  const texts = {title: `${series.row} over memory`, description: description(series)}
  const picture = await chart(id, texts, frame, drawing(series, axes))
  return html`<figure><figcaption><strong>${series.row}</strong></figcaption>${picture}</figure>`
}

async function graph(id: string, heading: string, note: string, rows: readonly Series[]): Promise<Markup> {
  if (rows.length === 0) return html``
  const axes = axesOf(rows)
  const panels: Markup[] = []
  for (const [i, series] of rows.entries()) panels.push(await panel(`${id}-${i}`, series, axes))
  return html`<h3>${heading}</h3><p>${note}</p><div class="panels">${panels}</div>${fitTable(rows)}`
}

/** The article's two graphs, one small chart for each row; the scales of a graph are the same in all its charts. */
export async function memoryGraphs(rows: readonly Series[]): Promise<Markup> {
  const growing = rows.filter(grows)
  const level = rows.filter(series => !grows(series))
  return html`${key}
${await graph('fork-graph', 'The fork graph', 'The more memory the caller has touched, the longer these take: they copy its page tables.', growing)}
${await graph('clone-graph', 'The clone graph', 'These share the caller’s memory or never see it, so that its size costs them little or nothing.', level)}`
}
