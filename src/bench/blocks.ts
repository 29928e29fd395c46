import type {RowResult} from './result.js'
import type {TimeName} from './samples.js'

/** The samples of one time in the blocks in which they were measured; none where the samples were left out. */
export function blocksOf({blockSizes, samplesNs}: RowResult, time: TimeName): readonly (readonly number[])[] {
  if (samplesNs === undefined) return []
  let start = 0
  return blockSizes.map(size => {
    start += size
    return samplesNs[time].slice(start - size, start)
  })
}
