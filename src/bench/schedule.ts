import {uniformInt} from 'pure-rand/distribution/uniformInt'
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus'
import type {Ballast} from './runner.js'

/** Consecutive iterations of one row; those of a warm-up are thrown away. */
export interface Block {
  readonly row: string
  readonly count: number
  readonly warmup: boolean
}

/** What is measured under one ballast before it is exchanged for another. */
export interface Visit {
  readonly ballast: Ballast
  readonly blocks: readonly Block[]
}

export interface Wanted {
  readonly ballast: Ballast
  readonly rows: readonly string[]
}

const blockCount = 100
const leastRounds = 20
/** Each ballast is come back to this often, so that a drift of the machine is not taken for an effect of the ballast. */
const mostPasses = 5

function shuffler(seed: number): <T>(items: readonly T[]) => T[] {
  const random = xoroshiro128plus(seed)
  return items => {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = uniformInt(random, 0, i)
      ;[shuffled[i], shuffled[j]] = [shuffled[j] as (typeof shuffled)[0], shuffled[i] as (typeof shuffled)[0]]
    }
    return shuffled
  }
}

/** As even as whole numbers allow. */
function share(total: number, parts: number): number[] {
  return Array.from({length: parts}, (_, i) => Math.floor(((i + 1) * total) / parts) - Math.floor((i * total) / parts))
}

/** In how many blocks the iterations of a row are measured: of at most 100, and at least 20 of them if there are as many. */
function roundsFor(iterations: number): number {
  return Math.min(iterations, Math.max(leastRounds, Math.ceil(iterations / blockCount)))
}

/**
 * The order of a measurement. In each round every row has one block, in an order of its own; the ballasts are visited
 * in several passes, each in an order of its own. The same seed gives the same order.
 */
export function schedule(
  wanted: readonly Wanted[],
  {iterations, warmup, seed}: {iterations: number; warmup: number; seed: number},
): readonly Visit[] {
  const shuffle = shuffler(seed)
  const blockSizes = share(iterations, roundsFor(iterations))
  const passes = wanted.length === 1 ? 1 : Math.min(mostPasses, blockSizes.length)
  const rounds = share(blockSizes.length, passes)
  let first = 0
  return rounds.flatMap(count => {
    const sizes = blockSizes.slice(first, first + count)
    first += count
    return shuffle(wanted).map(({ballast, rows}) => {
      const warmups = warmup === 0 ? [] : shuffle(rows).map(row => ({row, count: warmup, warmup: true}))
      const blocks = sizes.flatMap(size => shuffle(rows).map(row => ({row, count: size, warmup: false})))
      return {ballast, blocks: [...warmups, ...blocks]}
    })
  })
}
