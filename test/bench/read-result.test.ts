import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {readResult} from '../../src/bench/read-result.js'
import {benchJsonDocument} from '../../src/bench/result-document.js'
import {SpawnctlError} from '../../src/errors.js'
import {benchJson} from '../../src/report/bench/json.js'
import {sampleBenchResult} from '../helpers/sample-bench-result.js'

let directory: string
const result = sampleBenchResult({rows: ['fork', 'python3'], memoryBytes: [0, 2 ** 20, 2 ** 21], iterations: 40})

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
})
afterAll(() => rmSync(directory, {recursive: true}))

function file(text: string): string {
  const path = join(directory, 'result.json')
  writeFileSync(path, text)
  return path
}

describe('a file of bench --export-json', () => {
  it.each([true, false])('is read as it was written, samples: %s', samples => {
    const text = benchJson(result, {samples})
    expect(readResult(file(text))).toEqual(JSON.parse(text))
  })

  it.each([
    ['is not there', () => join(directory, 'missing'), /cannot read/],
    ['is a directory', () => directory, /cannot read/],
    ['is not JSON', () => file('{'), /holds no result of spawnctl bench/],
    ['holds something else', () => file('[]'), /holds no result/],
    ['holds null', () => file('null'), /holds no result/],
    ['is of another version', () => file(JSON.stringify({...result, schema: 'spawnctl-bench/9'})), /holds no result/],
    ['lacks something', () => file(JSON.stringify({...result, results: [{}]})), /holds no result/],
    [
      'lacks samples',
      () => file(JSON.stringify({...result, results: [{...result.results[0], iterations: 41}]})),
      /holds no result/,
    ],
  ])('is refused with a reason when it %s', (_, path, message) => {
    const read = () => readResult(path())
    expect(read).toThrow(SpawnctlError)
    expect(read).toThrow(message)
    try {
      read()
    } catch (error) {
      expect(error).toMatchObject({why: expect.stringMatching(/./), next: expect.stringContaining('--export-json')})
    }
  })

  it('has a line in the document for each of its keys', () => {
    const keys = (value: unknown, prefix: string): string[] => {
      if (Array.isArray(value)) return value.slice(0, 1).flatMap(item => keys(item, `${prefix}[]`))
      if (typeof value !== 'object' || value === null) return []
      return Object.entries(value).flatMap(([name, item]) => {
        const path = prefix === '' ? name : `${prefix}.${name}`
        return name === 'spawnToExitNs' ? [path] : [path, ...keys(item, path)]
      })
    }
    const document = benchJsonDocument()
    const told = [...document.matchAll(/^\| `([^`]+)`/gm)].map(([, key]) => key!)
    expect(new Set(keys(result, ''))).toEqual(new Set(told))
    expect(document).not.toMatch(/\| +\|/)
  })
})
