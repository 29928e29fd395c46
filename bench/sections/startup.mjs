import {table} from '../../dist/exec/document.js'
import {median, origin, spreadOfRatio} from './origin.mjs'

export const file = 'startup.json'

export function section({environment, samplesNs}) {
  const base = samplesNs['node -e 0']
  const rows = Object.entries(samplesNs).map(([name, samples]) => [
    name === 'node -e 0' ? '`node -e 0`' : `\`${name.replace(/ \(.*/, '')}\`${/ \(.*/.exec(name)?.[0] ?? ''}`,
    (median(samples) / median(base)).toFixed(2),
    spreadOfRatio(samples, base, 2),
  ])
  return [
    '## Start-up',
    '`exec` answers for a program’s start, so its own start must cost little. All rows are measured in one run, in shuffled rounds; absolute times say more about the machine than about the program, so the table gives ratios.',
    table(['command', 'median ratio to `node -e 0`', 'spread of the ratio (p25–p75, round by round)'], rows),
    origin(file, environment, ` (${base.length} rounds after 5 of warm-up)`),
    'Why it is so: [architecture.md](architecture.md), “Start-up”. The aim is 1.3 for `exec` and 2.2 for `recommend --json`.',
  ]
}
