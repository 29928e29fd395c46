import {table} from '../../dist/exec/document.js'
import {median, origin, spreadOfRatio} from './origin.mjs'

export const file = 'sync.json'

const gibibyte = 2 ** 30
const ms = ns => (ns / 1e6).toFixed(2)

export function section({environment, rows}) {
  const ours = rows.filter(({engine}) => engine === 'ours')
  const cells = ours.map(({bytes, call, samplesNs}) => {
    const theirs = rows.find(row => row.bytes === bytes && row.call === call && row.engine === 'node').samplesNs
    const ratio = (median(theirs) / median(samplesNs)).toFixed(1)
    const times = [ms(median(theirs)), ms(median(samplesNs))]
    return [call, `${bytes / gibibyte} GiB`, ...times, ratio, spreadOfRatio(theirs, samplesNs, 1)]
  })
  const heading = ['call', 'Buffers', 'node:child_process, ms', 'spawnctl, ms', 'ratio']
  return [
    '## The synchronous calls',
    'How long `spawnSync`, `execFileSync` and `execSync` block their caller, in a process that holds Buffers of which every page was touched: ours against node:child_process, in one run, in shuffled rounds. The time includes the program’s own.',
    table([...heading, 'spread of the ratio (p25–p75, round by round)'], cells),
    origin(file, environment, ` (${ours[0].samplesNs.length} rounds after 5 of warm-up)`),
    'Why it is so: Node forks, and fork copies the page tables of all that is mapped; by clone the child borrows the memory until execve.',
  ]
}
