import {describe, expect, it} from 'vitest'
import type {RowResult} from '../../../src/bench/result.js'
import {benchCsv} from '../../../src/report/bench/csv.js'
import {benchJson} from '../../../src/report/bench/json.js'
import {benchMarkdown} from '../../../src/report/bench/markdown.js'
import {benchTable} from '../../../src/report/bench/table.js'
import {sampleBenchResult} from '../../helpers/sample-bench-result.js'

const result = sampleBenchResult({rows: ['fork', 'clone', 'node:child_process'], memoryBytes: [0, 2 ** 20, 2 ** 21]})

/** Recomputed from the samples, by formulas of its own. */
function figures({samplesNs}: RowResult) {
  const of = (values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b)
    const at = (share: number) => {
      const place = share * (sorted.length - 1)
      const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
      return low + (place - Math.floor(place)) * (high - low)
    }
    const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
    const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return {
      ...{mean, sd: Math.sqrt(squares / (sorted.length - 1)), min: sorted[0]!, max: sorted.at(-1)!},
      ...{p50: at(0.5), p90: at(0.9), p99: at(0.99)},
    }
  }
  return {callerBlocked: of(samplesNs!.callerBlocked), spawnToExit: of(samplesNs!.spawnToExit)}
}

describe('the CSV', () => {
  const [header, ...lines] = benchCsv(result).trim().split('\n')
  const records = lines.map(line => {
    const cells = line.split(',')
    return Object.fromEntries(header!.split(',').map((name, i) => [name, cells[i]!]))
  })

  it('has a line for each row and ballast', () => {
    expect(records.map(({row, memoryBytes}) => `${row} ${memoryBytes}`)).toEqual(
      result.results.map(({row, memoryBytes}) => `${row} ${memoryBytes}`),
    )
  })

  it.each(result.results.map((row, i) => [`${row.row} ${row.memoryBytes}`, i] as const))(
    'agrees with the samples of %s',
    (_, i) => {
      for (const [time, figure] of Object.entries(figures(result.results[i]!)))
        for (const [name, ns] of Object.entries(figure))
          expect(Number(records[i]![`${time}_${name}_ns`]) / ns, `${time} ${name}`).toBeCloseTo(1, 12)
    },
  )
})

describe('the Markdown', () => {
  const text = benchMarkdown(result)

  it.each(result.results.map((row, i) => [`${row.row} ${row.memoryBytes}`, i] as const))(
    'agrees with the samples of %s to the nanosecond',
    (_, i) => {
      const row = result.results[i]!
      const {callerBlocked, spawnToExit} = figures(row)
      const lines = text
        .split('\n')
        .filter(line => line.startsWith(`| \`${row.row}\` | `) && !/caller blocked|spawn to exit/.test(line))
      const cells = lines[result.scenario.memoryBytes.indexOf(row.memoryBytes)]!.split(' | ')
      const exact = (ns: number) => (ns / 1e3).toFixed(3)
      expect(cells.slice(1, 4)).toEqual([exact(callerBlocked.p50), exact(callerBlocked.p99), exact(spawnToExit.mean)])
      expect(cells.slice(5, 7)).toEqual([exact(spawnToExit.p50), exact(spawnToExit.p99)])
    },
  )

  it('has the environment, the fits and the seed', () => {
    expect(text).toContain(`seed ${result.scenario.seed}`)
    expect(text).toContain(result.environment.kernel)
    expect(text.split('\n').filter(line => /^\| .*(caller blocked|spawn to exit) \|/.test(line))).toHaveLength(6)
  })
})

describe('the JSON', () => {
  it('has the samples in an export, and not where it is printed', () => {
    expect(JSON.parse(benchJson(result, {samples: true}))).toEqual(JSON.parse(JSON.stringify(result)))
    const printed = JSON.parse(benchJson(result, {samples: false}))
    expect(printed.results[0].samplesNs).toBeUndefined()
    expect(printed.results[0].callerBlockedNs).toEqual(result.results[0]!.callerBlockedNs)
  })
})

describe('the table', () => {
  const plain = (text: string) => text
  const style = {heading: plain, quiet: plain, strong: plain}
  const first = result.results.slice(0, 3)

  it.each([40, 60, 80, 100, 140])('keeps to %d columns, and keeps the first figure', columns => {
    const lines = benchTable(first, style, columns).split('\n')
    const rows = lines.filter(line => first.some(({row}) => line.startsWith(row)))
    expect(rows).toHaveLength(3)
    if (columns >= 60) expect(Math.max(...lines.slice(0, 5).map(line => line.length))).toBeLessThanOrEqual(columns)
    for (const [i, line] of rows.entries())
      expect(line.split(/ {2,}/)[1]).toBe((figures(first[i]!).callerBlocked.p50 / 1e3).toFixed(1))
  })

  it('has the article’s figures where there is room', () => {
    const wide = benchTable(first, style, 140)
    expect(wide).toMatch(/^fork .* 406\.8$/m)
    expect(wide).toMatch(/^node:child_process .* 540\.1¹$/m)
    expect(benchTable(first, style, 60)).not.toContain('406.8')
  })

  it('emphasises the fastest, and only that', () => {
    const marked = benchTable(first, {...style, strong: text => `<${text}>`}, 140)
    expect(marked.split('\n').filter(line => line.includes('<'))).toHaveLength(1)
  })
})
