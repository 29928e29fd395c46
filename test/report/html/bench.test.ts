import {describe, expect, it} from 'vitest'
import type {BenchResult} from '../../../src/bench/result.js'
import {benchJson} from '../../../src/report/bench/json.js'
import {seriesOf, slope} from '../../../src/report/bench/memory.js'
import {benchHtml} from '../../../src/report/html/bench.js'
import {sampleBenchResult} from '../../helpers/sample-bench-result.js'

const MiB = 2 ** 20

function withoutSamples(result: BenchResult): BenchResult {
  return {...result, results: result.results.map(({samplesNs: _, ...figures}) => figures)}
}

function headings(page: string): string[] {
  return Array.from(page.matchAll(/<h[23]>(.*?)<\/h/g), ([, heading]) => heading!)
}

const plain = sampleBenchResult({rows: ['fork', 'clone'], iterations: 40})
const sweep = sampleBenchResult({
  rows: ['fork', 'clone', 'zygote'],
  memoryBytes: [0, 256 * MiB, 1024 * MiB],
  iterations: 40,
})
const threads = {...plain, results: [...plain.results, ...plain.results.map(result => ({...result, threads: 8}))]}
const frame = ['How this was measured', 'Raw data']

describe('the page of a measurement', () => {
  it.each<[string, BenchResult, readonly string[]]>([
    ['one ballast', plain, ['The figures', 'How the samples are spread', ...frame]],
    ['no samples', withoutSamples(plain), ['The figures', ...frame]],
    [
      'one block',
      sampleBenchResult({rows: ['fork'], iterations: 20}),
      ['The figures', 'How the samples are spread', ...frame],
    ],
    ['nothing measured', {...plain, results: [], fits: []}, frame],
    [
      'another axis',
      threads,
      ['The figures', 'How the samples are spread', 'The figures under more ballast', ...frame],
    ],
    [
      'a sweep',
      sweep,
      [
        ...['The figures', 'Cost over memory', 'The fork graph', 'The clone graph'],
        ...['How the samples are spread', 'The figures under more ballast', ...frame],
      ],
    ],
    [
      'two sizes of rows that do not grow',
      sampleBenchResult({rows: ['clone'], memoryBytes: [0, MiB], iterations: 40}),
      [
        ...['The figures', 'Cost over memory', 'The clone graph'],
        ...['How the samples are spread', 'The figures under more ballast', ...frame],
      ],
    ],
  ])('has its sections, and none that would be empty: %s', async (_, result, expected) => {
    expect(headings(await benchHtml(result))).toEqual(expected)
  })

  it.each([1, 2])('counts its rows in words that fit: %d', async count => {
    const page = await benchHtml(sampleBenchResult({rows: ['fork', 'clone'].slice(0, count), iterations: 20}))
    expect(page).toContain(count === 1 ? '>1 row, ' : '>2 rows, ')
  })

  it('gives the fits as the other reports do', async () => {
    const page = await benchHtml(sweep)
    const fits = seriesOf(sweep).flatMap(({fits}) => fits)
    expect(fits).toHaveLength(6)
    for (const fit of fits)
      expect(page).toMatch(new RegExp(`<td>(?:flat: )?${slope(fit)}</td><td>${fit.r2.toFixed(4)}</td>`))
  })

  it('shows every warning with what to do about it', async () => {
    const warnings = [
      {code: 'load', message: 'The load was <3>.', next: 'wait & see'},
      {code: 'noise', message: 'It is noisy.', next: '--iterations 4000'},
    ]
    const page = await benchHtml({...plain, warnings})
    expect(page).toContain('<strong>The load was &lt;3&gt;.</strong> <span>Next: wait &amp; see</span>')
    expect(page).toContain('<strong>It is noisy.</strong> <span>Next: --iterations 4000</span>')
  })

  it.each([
    ['the program', {...plain, scenario: {...plain.scenario, args: ['</script><img src=x>']}}],
    [
      'the processor',
      {...plain, environment: {...plain.environment, cpu: {...plain.environment.cpu, model: '<img src=x>'}}},
    ],
    ['a row', sampleBenchResult({rows: ['<img src=x>'], iterations: 20})],
    ['a system call', {...plain, results: plain.results.map(result => ({...result, systemCall: '<img src=x>'}))}],
  ])('is not broken out of by the name of %s', async (_, result) => {
    const page = await benchHtml(result)
    expect(page).toContain('&lt;img src=x&gt;')
    expect(page).not.toContain('<img')
    expect(page.match(/<script/g)).toHaveLength(2)
  })

  it('takes little more room than the samples that it carries', async () => {
    const large = sampleBenchResult({rows: ['fork', 'clone', 'python3'], iterations: 10_000})
    const page = await benchHtml(large)
    expect(page.length - benchJson(large, {samples: true}).length).toBeLessThan(100_000)
  })
})
