import {readdirSync, readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {benchDocument} from '../../src/bench/document.js'
import {benchOptions} from '../../src/bench/options.js'
import {benchJsonDocument} from '../../src/bench/result-document.js'
import {execDocument} from '../../src/exec/document.js'
import {housekeepingDocument} from '../../src/exec/housekeeping-document.js'
import {execOptions} from '../../src/exec/options.js'
import {reportOf} from '../../src/exec/output.js'
import {methods} from '../../src/methods/method.js'
import {readDescriptors} from '../../src/plan/descriptor-options.js'
import {housekeepingOptions, stepKinds} from '../../src/plan/housekeeping.js'
import {recommendDocument} from '../../src/recommend/document.js'
import {recommendOptions} from '../../src/recommend/options.js'
import {surroundings} from '../helpers/plans.js'

const written = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

/** The first cells of the rows below a heading, without their Markdown. */
function firstCells(text: string, heading: string): string[] {
  const section = text.split('\n## ').find(part => part.startsWith(heading)) ?? ''
  return Array.from(section.matchAll(/^\| `([^`]+)`/gm), ([, cell]) => cell!)
}

/** What exec never meets. */
function isLibrarys(name: string): boolean {
  return name.startsWith('process/')
}

function errorCodes({ofBench}: {ofBench: boolean}): string[] {
  const src = new URL('../../src/', import.meta.url)
  const files = readdirSync(src, {recursive: true, encoding: 'utf8'}).filter(
    name =>
      name.endsWith('.ts') &&
      !name.endsWith('document.ts') &&
      !isLibrarys(name) &&
      name.startsWith('bench/') === ofBench,
  )
  const found = files.flatMap(name => readFileSync(new URL(name, src), 'utf8').match(/'E_[A-Z_]+'/g) ?? [])
  return [...new Set(found)].map(code => code.slice(1, -1))
}

describe('docs/exec.md', () => {
  const text = execDocument()

  it('is not stale (npm run docs writes it)', () => {
    expect(written('exec.md')).toBe(text)
  })

  it('names every option, step and method', () => {
    for (const {name} of execOptions) expect(text).toContain(`\`--${name}`)
    expect(firstCells(text, 'The housekeeping')).toEqual(stepKinds.map(({kind}) => kind))
    expect(firstCells(text, 'Methods')).toEqual([...methods])
  })

  it.each(firstCells(text, 'Descriptors'))('calls "%s" a SPEC, which it is', spec => {
    const option = spec === 'stdout' ? 'stderr' : 'stdout'
    expect(readDescriptors({[option]: [spec.replace('N', '5')]}, surroundings)).toHaveLength(3)
  })

  it('lists the keys of the report', () => {
    const ran = {
      method: 'clone',
      syscall: 'clone3',
      pid: 1,
      cgroups: [],
      exitCode: 0,
      signal: null,
      coreDumped: false,
      interrupted: false,
      callerBlockedNs: 1,
      spawnToExecNs: 1,
      timedOut: 'no',
      killTree: null,
      limitsMet: [],
      elapsedNs: 1,
    } as const
    const keys = firstCells(text, 'The report').filter(key => !key.startsWith('error.'))
    expect(keys).toEqual(Object.keys(reportOf(ran)))
  })

  it('gives every error code its exit code', () => {
    const codes = errorCodes({ofBench: false})
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter(code => !text.includes(`\`${code}\``))).toEqual([])
  })
})

describe('docs/bench.md and docs/bench-json.md', () => {
  const text = benchDocument()

  it('are not stale (npm run docs writes them)', () => {
    expect(written('bench.md')).toBe(text)
    expect(written('bench-json.md')).toBe(benchJsonDocument())
  })

  it('name every option and every error code', () => {
    for (const {name} of benchOptions) expect(text).toContain(`\`--${name}`)
    expect(errorCodes({ofBench: true}).filter(code => !text.includes(`\`${code}\``))).toEqual([])
  })
})

describe('docs/recommend.md', () => {
  const text = recommendDocument()

  it('is not stale (npm run docs writes it)', () => {
    expect(written('recommend.md')).toBe(text)
  })

  it('names every option', () => {
    for (const {name, negatable} of recommendOptions) expect(text).toContain(`\`--${negatable ? '[no-]' : ''}${name}`)
  })
})

describe('docs/housekeeping.md', () => {
  const text = housekeepingDocument()

  it('is not stale (npm run docs writes it)', () => {
    expect(written('housekeeping.md')).toBe(text)
  })

  it('has every kind of step in its order, and every option of a step', () => {
    expect(firstCells(text, 'The order')).toEqual(stepKinds.map(({kind}) => kind))
    for (const {name} of housekeepingOptions) expect(text).toContain(`\`--${name}`)
  })

  it('has a line for each step, with a yes or no for every method', () => {
    const [heading, , ...rows] = text
      .split('\n## ')
      .find(part => part.startsWith('Step by'))!
      .match(/^\|.*$/gm)!
    expect(heading!.match(/`[^`]+`/g)).toEqual(methods.map(method => `\`${method}\``))
    expect(rows.length).toBeGreaterThanOrEqual(stepKinds.length)
    for (const row of rows) expect(row).toMatch(/^\|[^|]+\|( (yes|no) +\|){6}$/)
  })
})
