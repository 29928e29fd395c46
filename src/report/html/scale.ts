/** Each decade's numbers from 1 to 9, and so many steps between them. */
function parts(count: number): number[] {
  return Array.from({length: 9 * count}, (_, i) => 1 + i / count)
}

/** Round numbers inside a range of a logarithmic axis: 1, 2 and 5 of each decade, more or fewer where that gives too few. */
export function logTicks(low: number, high: number): number[] {
  const decades = Array.from(
    {length: Math.floor(Math.log10(high)) - Math.floor(Math.log10(low)) + 1},
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  )
  const choices = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8], parts(2), parts(4), parts(10)]
  const ticks = choices.map(steps =>
    decades
      .flatMap(decade => steps.map(step => Number((step * decade).toPrecision(6))))
      .filter(tick => tick >= low && tick <= high),
  )
  return ticks.find(({length}) => length >= 3) ?? (ticks.at(-1) as number[])
}

/** Counts in bins of equal width on a logarithmic axis; what lies beyond the last is counted apart. */
export function logHistogram(
  samples: readonly number[],
  low: number,
  high: number,
  bins: number,
): {readonly counts: readonly number[]; readonly beyond: number} {
  const counts = new Array<number>(bins).fill(0)
  const scale = bins / Math.log(high / low)
  let beyond = 0
  for (const sample of samples) {
    if (sample > high) beyond += 1
    else counts[Math.min(bins - 1, Math.max(0, Math.floor(Math.log(sample / low) * scale)))]! += 1
  }
  return {counts, beyond}
}
