import type {RowResult} from '../../bench/result.js'
import type {TimeName} from '../../bench/samples.js'
import type {Summary} from '../../bench/statistics/spread.js'

export const timeTitles: Readonly<Record<TimeName, string>> = {
  callerBlocked: 'Caller blocked',
  spawnToExit: 'Spawn to exit',
}

/** The same colours, marks and dashes in every chart; the colours are Okabe and Ito's, told apart by the colour-blind. */
export const timeColors: Readonly<Record<TimeName, string>> = {
  callerBlocked: 'var(--blocked)',
  spawnToExit: 'var(--exit)',
}

export function summaryOf(result: RowResult, time: TimeName): Summary {
  return time === 'callerBlocked' ? result.callerBlockedNs : result.spawnToExitNs
}
