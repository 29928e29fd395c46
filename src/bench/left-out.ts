import {describeBallast} from './ballast.js'
import type {Warning} from './result.js'
import type {Ballast, Runner} from './runner.js'
import type {Wanted} from './schedule.js'

interface Refusal {
  readonly rows: readonly string[]
  readonly ballast: Ballast
  readonly why: string
}

function warn({rows, ballast, why}: Refusal): Warning {
  return {
    code: 'left-out',
    message: `${rows.join(' and ')}: not measured with ${describeBallast(ballast)}: ${why}.`,
    next: 'the other rows have it; give this axis only 0 to compare all of them',
  }
}

/** Which rows are measured under each ballast: those of runners that can carry it; and what is said of the others. */
export function byRunner(
  ballasts: readonly Ballast[],
  runners: readonly Runner[],
): {readonly wanted: readonly Wanted[]; readonly leftOut: readonly Warning[]} {
  const refusals: Refusal[] = []
  const wanted = ballasts.map(ballast => {
    const able = runners.filter(runner => {
      const why = runner.refusal?.(ballast)
      if (why !== undefined) refusals.push({rows: runner.rows, ballast, why})
      return why === undefined
    })
    return {ballast, rows: able.flatMap(runner => runner.rows)}
  })
  return {wanted: wanted.filter(({rows}) => rows.length > 0), leftOut: refusals.map(warn)}
}
