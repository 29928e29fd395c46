import {describeBallast} from '../../bench/ballast.js'
import type {RowResult} from '../../bench/result.js'
import {type TimeName, timeNames} from '../../bench/samples.js'
import {spoken} from '../bench/figures.js'
import {chart, type Drawing} from './chart.js'
import {html, type Markup} from './markup.js'
import {logHistogram, logTicks} from './scale.js'
import {summaryOf, timeColors, timeTitles} from './times.js'

const width = 440
const laneHeight = 56
/** Above the bins of a lane, for its name and figures. */
const laneTop = 23
const bins = 110

/** One lane: a histogram with its own height, for lanes are compared by place and width. */
function lane(result: RowResult, index: number, time: TimeName, low: number, high: number) {
  const {p50, p99} = summaryOf(result, time)
  const {counts, beyond} = logHistogram(result.samplesNs?.[time] ?? [], low, high, bins)
  const most = Math.max(...counts)
  const edge = (bin: number) => low * (high / low) ** (bin / bins)
  const first = counts.findIndex(count => count > 0)
  const last = counts.reduce((latest, count, bin) => (count > 0 ? bin : latest), -1)
  const steps = [...counts.slice(first, last + 1), 0].map((count, i) => ({
    lane: index,
    ns: edge(first + i),
    share: count / most,
  }))
  const summary = {
    lane: index,
    row: result.row,
    p50,
    p99: Math.min(p99, high),
    figures: `${spoken(p50)} · ${spoken(p99)}`,
    beyond: beyond === 0 ? '' : `+${beyond} ›`,
  }
  return {steps: first === -1 ? [] : steps, summary}
}

function drawing(results: readonly RowResult[], time: TimeName, low: number, high: number): Drawing {
  const lanes = results.map((result, index) => lane(result, index, time, low, high))
  const color = {value: timeColors[time]}
  const x = (field: string) => ({scale: 'time', field})
  const top = (offset: number) => ({scale: 'lane', field: 'lane', offset})
  const rule = (field: string, dash: number[]) => ({
    type: 'rule' as const,
    name: field,
    from: {data: 'summaries'},
    encode: {
      enter: {
        x: x(field),
        y: top(laneTop),
        y2: top(laneHeight),
        stroke: {value: 'var(--ink)'},
        strokeWidth: {value: 1.5},
        strokeDash: {value: dash},
      },
    },
  })
  const label = (
    field: string,
    align: 'left' | 'right',
    offset: number,
    size: number,
    fill: string,
    limit: number,
  ) => ({
    type: 'text' as const,
    from: {data: 'summaries'},
    encode: {
      enter: {
        x: {value: align === 'left' ? 0 : width},
        y: top(offset),
        text: {field},
        align: {value: align},
        fontSize: {value: size},
        fill: {value: fill},
        limit: {value: limit},
      },
    },
  })
  return {
    data: [
      {name: 'steps', values: lanes.flatMap(({steps}) => steps)},
      {name: 'summaries', values: lanes.map(({summary}) => summary)},
    ],
    scales: [
      {name: 'time', type: 'log', domain: [low, high], range: [0, width]},
      {name: 'share', domain: [0, 1], range: [laneHeight, laneTop]},
      {name: 'lane', type: 'band', domain: lanes.map((_, i) => i), range: [0, lanes.length * laneHeight]},
    ],
    axes: [
      {
        scale: 'time',
        orient: 'bottom',
        grid: true,
        values: logTicks(low, high),
        labelFlush: 20,
        labelOverlap: 'greedy',
        encode: {
          labels: {
            update: {
              text: {
                signal:
                  "datum.value >= 1e6 ? format(datum.value / 1e6, '~r') + ' ms' : format(datum.value / 1e3, '~r') + ' µs'",
              },
            },
          },
        },
      },
    ],
    marks: [
      {
        type: 'group',
        from: {facet: {name: 'bins', data: 'steps', groupby: 'lane'}},
        encode: {enter: {y: {scale: 'lane', field: 'lane'}}},
        marks: [
          {
            type: 'area',
            name: 'histogram',
            from: {data: 'bins'},
            encode: {
              enter: {
                x: x('ns'),
                y: {scale: 'share', field: 'share'},
                y2: {value: laneHeight},
                interpolate: {value: 'step-after'},
                fill: color,
                stroke: color,
                fillOpacity: {value: 0.45},
                strokeWidth: {value: 1},
              },
            },
          },
        ],
      },
      rule('p50', []),
      rule('p99', [3, 3]),
      label('row', 'left', 16, 13, 'var(--ink)', 250),
      label('figures', 'right', 16, 12, 'var(--quiet)', 180),
      label('beyond', 'right', laneHeight - 6, 11, 'var(--quiet)', 100),
    ],
  }
}

/** Every row's samples of one time, in lanes over one logarithmic axis. */
async function distribution(results: readonly RowResult[], time: TimeName): Promise<Markup> {
  const summaries = results.map(result => summaryOf(result, time))
  const low = Math.min(...summaries.map(({min}) => min)) * 0.97
  const high = Math.max(...summaries.map(({p99}) => p99)) * 1.5
  const title = `${timeTitles[time]}: how the samples are spread`
  const description = results
    .map(
      (result, i) => `${result.row}: median ${spoken(summaries[i]!.p50)}, 99th percentile ${spoken(summaries[i]!.p99)}`,
    )
    .join('. ')
  const frame = {width, height: results.length * laneHeight, padding: {left: 8, right: 24, top: 0, bottom: 26}}
  const picture = await chart(`spread-${time}`, {title, description}, frame, drawing(results, time, low, high))
  return html`<figure class="${time}"><figcaption><strong>${timeTitles[time]}</strong> median · p99</figcaption>${picture}</figure>`
}

/** Both times of the rows of one ballast; null where there are no samples, or none that took any time. */
export async function distributions(results: readonly [RowResult, ...RowResult[]]): Promise<Markup | null> {
  if (results.some(({samplesNs, callerBlockedNs}) => samplesNs === undefined || !(callerBlockedNs.min > 0))) return null
  const pictures: Markup[] = []
  for (const time of timeNames) pictures.push(await distribution(results, time))
  return html`<p>With ${describeBallast(results[0])}. Each lane is a histogram of one row’s samples on a logarithmic scale. The solid line is the median, the dashed line the 99th percentile; “+3 ›” says that three samples lie farther right.</p>
<div class="pair">${pictures}</div>`
}
