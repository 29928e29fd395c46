import {errorFunction, sum} from 'simple-statistics'

/** Of both samples together: the numbers of orders are still exact as doubles. */
const mostForExact = 50

interface Ranked {
  readonly first: boolean
  readonly rank: number
  /** How many values share the rank. */
  readonly ties: number
}

/** Equal values share the mean of their ranks. */
function rank(first: readonly number[], second: readonly number[]): Ranked[] {
  const values = [...first.map(value => ({value, first: true})), ...second.map(value => ({value, first: false}))]
  values.sort((a, b) => a.value - b.value)
  return values.map(({value, first}) => {
    const below = values.findIndex(other => other.value === value)
    const ties = values.filter(other => other.value === value).length
    return {first, rank: below + (ties + 1) / 2, ties}
  })
}

/**
 * In how many orders of m and n distinct values each U from 0 to m·n comes about: the coefficients of the Gaussian
 * binomial, the product over i = 1 … n of (1 - q^(m+i)) / (1 - q^i).
 */
function orders(m: number, n: number): number[] {
  const counts: number[] = [1, ...Array<number>(m * n).fill(0)]
  for (let i = 1; i <= n; i++) {
    for (let u = m * n; u >= m + i; u--) counts[u] = counts[u]! - counts[u - m - i]!
    for (let u = i; u <= m * n; u++) counts[u] = counts[u]! + counts[u - i]!
  }
  return counts
}

function exact(u: number, m: number, n: number): number {
  const counts = orders(m, n)
  const tail = sum(counts.slice(0, Math.min(u, m * n - u) + 1))
  return Math.min(1, (2 * tail) / sum(counts))
}

/** By the normal curve, with corrections for ties and for continuity. */
function approximate(u: number, m: number, n: number, ranked: readonly Ranked[]): number {
  const all = m + n
  // Each of the t values that share a rank adds t² - 1: together t³ - t.
  const tied = sum(ranked.map(({ties}) => ties ** 2 - 1))
  const variance = ((m * n) / 12) * (all + 1 - tied / (all * (all - 1)))
  const distance = Math.max(0, Math.abs(u - (m * n) / 2) - 0.5)
  return variance <= 0 ? 1 : 1 - errorFunction(distance / Math.sqrt(2 * variance))
}

/**
 * The rank test of Mann, Whitney and Wilcoxon, as R's wilcox.test does it: all orders are counted where there are no
 * ties and few values, else the normal curve is taken.
 * @returns how likely samples of the same kind are to differ as much, in either direction
 */
export function rankTest(first: readonly number[], second: readonly number[]): number {
  const [m, n] = [first.length, second.length]
  if (m === 0 || n === 0) return 1
  const ranked = rank(first, second)
  const u = sum(ranked.filter(entry => entry.first).map(entry => entry.rank)) - (m * (m + 1)) / 2
  const distinct = ranked.every(({ties}) => ties === 1)
  return distinct && m + n <= mostForExact ? exact(u, m, n) : approximate(u, m, n, ranked)
}
