import type {BenchResult, Fit} from '../../bench/result.js'
import {timeNames} from '../../bench/samples.js'
import {spoken} from '../bench/figures.js'
import {grows, type Series, seriesOf} from '../bench/memory.js'
import {chart, type Drawing} from './chart.js'
import {html, type Markup} from './markup.js'
import {type Axes, axesOf, mebibyte} from './memory-axes.js'
import {summaryOf, timeColors, timeTitles} from './times.js'

const frame = {width: 270, height: 150, padding: {left: 46, right: 14, top: 22, bottom: 40}}

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
        title: scale.unit,
        titleAngle: 0,
        titleAlign: 'right',
        titleAnchor: 'end',
        titleX: -5,
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

/** The line as an equation, with the interval of its slope. */
function equation({slopeNsPerMiB, ci95: [low, high], interceptNs, r2}: Fit): string {
  const slope = `${spoken(slopeNsPerMiB)}/MiB (${spoken(low)} to ${spoken(high)})`
  return `${spoken(interceptNs)} + ${slope}, R² ${r2.toFixed(3)}`
}

async function panel(id: string, series: Series, axes: Axes): Promise<Markup> {
  const equations = series.fits.map(fit => html`<li class="${fit.time}">${equation(fit)}</li>`)
  const description = series.fits.map(fit => `${timeTitles[fit.time]}: ${equation(fit)}`).join('. ')
  const picture = await chart(id, {title: `${series.row} over memory`, description}, frame, drawing(series, axes))
  return html`<figure><figcaption><strong>${series.row}</strong></figcaption>${picture}
<ul class="equations">${equations}</ul></figure>`
}

async function graph(id: string, heading: string, note: string, rows: readonly Series[]): Promise<Markup> {
  if (rows.length === 0) return html``
  const axes = axesOf(rows)
  const panels: Markup[] = []
  for (const [i, series] of rows.entries()) panels.push(await panel(`${id}-${i}`, series, axes))
  return html`<h3>${heading}</h3><p>${note}</p><div class="panels">${panels}</div>`
}

/** The article's two graphs, one small chart for each row; null where memory was not varied. */
export async function memoryGraphs(result: BenchResult): Promise<Markup | null> {
  const rows = seriesOf(result)
  if (rows.length === 0) return null
  const growing = rows.filter(grows)
  const flat = rows.filter(series => !grows(series))
  return html`${await graph('fork-graph', 'The fork graph', 'These copy what maps the caller’s memory, so its size is their price.', growing)}
${await graph('clone-graph', 'The clone graph', 'These share the caller’s memory or never see it, so its size costs them little or nothing.', flat)}`
}
