import {gammaln} from 'simple-statistics'

const mostTerms = 10_000
const tiny = 1e-300

/** Lentz's evaluation of the continued fraction of the incomplete beta function; it converges fast for x < (a+1)/(a+b+2). */
function betaFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let product = d
  for (let m = 1; m <= mostTerms; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    for (const term of [even, odd]) {
      d = 1 / away(1 + term * d)
      c = away(1 + term / c)
      product *= c * d
    }
    if (Math.abs(c * d - 1) < Number.EPSILON) break
  }
  return product
}

/** The regularised incomplete beta function; Numerical Recipes, 6.4. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return Math.min(1, Math.max(0, x))
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b
}

/** How likely a variable of Student's distribution is further than t from 0, in either direction. */
export function studentTails(t: number, freedom: number): number {
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
}

/** The t within which 95 % of Student's distribution lie, on both sides of 0: 12.7 with one degree of freedom, 1.96 with ever so many. */
export function student95(freedom: number): number {
  let [low, high] = [0, 16]
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (studentTails(middle, freedom) > 0.05) low = middle
    else high = middle
  }
}
