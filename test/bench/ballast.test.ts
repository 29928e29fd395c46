import {describe, expect, it} from 'vitest'
import {byBallast, describeBallast, sameBallast} from '../../src/bench/ballast.js'
import type {Ballast} from '../../src/bench/runner.js'
import {noBallast} from '../helpers/fake-runner.js'

const GiB = 2 ** 30
const changes: readonly Partial<Ballast>[] = [
  {memoryBytes: 4096},
  {mappings: 1},
  {thp: 'always'},
  {mappedBytes: 4096},
  {threads: 1},
]

describe('a ballast', () => {
  it.each(changes)('is another one with %j', change => {
    expect(sameBallast(noBallast, {...noBallast})).toBe(true)
    expect(sameBallast(noBallast, {...noBallast, ...change})).toBe(false)
  })

  it('is told apart by what it is made of, not by the sum', () => {
    expect(
      sameBallast({...noBallast, memoryBytes: 1, mappings: 11}, {...noBallast, memoryBytes: 11, mappings: 1}),
    ).toBe(false)
  })

  it.each<[Partial<Ballast>, string]>([
    [{}, 'no ballast'],
    [{thp: 'always'}, 'no ballast'],
    [{memoryBytes: GiB}, '1 GiB of touched memory'],
    [{memoryBytes: GiB, thp: 'always'}, '1 GiB of touched memory in huge pages'],
    [{mappedBytes: GiB / 2}, '512 MiB of mapped, untouched memory'],
    [{mappings: 8, threads: 2}, '8 further mappings and 2 further threads'],
    [{memoryBytes: GiB, threads: 2}, '1 GiB of touched memory and 2 further threads'],
  ])('%j is described', (pieces, text) => {
    expect(describeBallast({...noBallast, ...pieces})).toBe(text)
  })

  it('keeps the things that have it together, in the order in which they come', () => {
    const [light, heavy] = [noBallast, {...noBallast, memoryBytes: GiB}]
    const items = [
      {...heavy, row: 'a'},
      {...light, row: 'b'},
      {...heavy, row: 'c'},
    ]
    expect(byBallast(items).map(group => group.map(({row}) => row))).toEqual([['a', 'c'], ['b']])
    expect(byBallast([])).toEqual([])
  })
})
