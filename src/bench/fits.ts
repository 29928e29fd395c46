import {sameBallast} from './ballast.js'
import type {Measured} from './measured.js'
import type {Fit} from './result.js'
import {type TimeName, timeNames} from './samples.js'
import {fitLine, type Point} from './statistics/line.js'
import {median} from './statistics/spread.js'

const bytesPerMiB = 2 ** 20
const leastSizes = 3

function point({ballast, blocks}: Measured, time: TimeName): Point {
  return [ballast.memoryBytes / bytesPerMiB, median(blocks.map(block => median(block[time])))]
}

function fit(sizes: readonly Measured[], time: TimeName): Fit {
  const {row, ballast} = sizes[0]!
  const {memoryBytes, ...others} = ballast
  const {slope, intercept, ci95, r2} = fitLine(sizes.map(size => point(size, time)))
  return {row, time, ...others, slopeNsPerMiB: slope, ci95, interceptNs: intercept, r2}
}

/** A line for each row and time that was measured at three or more sizes of memory, all else being equal. */
export function fitsOf(measured: readonly Measured[]): readonly Fit[] {
  const alike = (one: Measured, other: Measured) =>
    one.row === other.row && sameBallast(one.ballast, {...other.ballast, memoryBytes: one.ballast.memoryBytes})
  const firsts = measured.filter((one, i) => measured.findIndex(other => alike(one, other)) === i)
  return firsts
    .map(first => measured.filter(other => alike(first, other)))
    .filter(sizes => sizes.length >= leastSizes)
    .flatMap(sizes => timeNames.map(time => fit(sizes, time)))
}
