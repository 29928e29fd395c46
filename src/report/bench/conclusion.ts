import type {RowResult} from '../../bench/result.js'
import {spoken} from './figures.js'

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** What the rows of one ballast come to: which is the fastest, how surely, and which lets its caller go on soonest. */
export function conclusion(results: readonly RowResult[]): string {
  const fastest = results.find(({ratio}) => ratio.toFastest === 1)
  if (fastest === undefined) return 'Nothing was measured.'
  const [exit, blocked] = [spoken(fastest.spawnToExitNs.mean), (row: RowResult) => spoken(row.callerBlockedNs.p50)]
  if (results.length === 1)
    return `${fastest.row} takes ${exit} from spawn to exit (mean), and blocks its caller for ${blocked(fastest)} (median).`
  const others = results.filter(result => result !== fastest)
  const level = others.filter(({ratio}) => ratio.ci95 === null || ratio.ci95[0] <= 1)
  const slowest = others.reduce((a, b) => (b.ratio.toFastest > a.ratio.toFastest ? b : a), fastest)
  const quickest = results.reduce((a, b) => (b.callerBlockedNs.p50 < a.callerBlockedNs.p50 ? b : a), fastest)
  const clearly = slowest !== fastest && !level.includes(slowest)
  return [
    `${fastest.row} is the fastest here: ${exit} from spawn to exit`,
    level.length > 0 ? `, with no difference shown to ${listed(level.map(({row}) => row))}` : '',
    clearly ? `; ${slowest.row} takes ${slowest.ratio.toFastest.toFixed(2)} times as long` : '',
    `. ${quickest === fastest ? 'It also' : quickest.row} blocks its caller least: for ${blocked(quickest)} (median).`,
  ].join('')
}
