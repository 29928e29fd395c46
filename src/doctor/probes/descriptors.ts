import {existsSync} from 'node:fs'
import {mountProc} from '../../plan/proc.js'
import {allow} from '../advice.js'
import {tried} from '../attempt.js'
import {works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'

const CLOSE_RANGE_CLOEXEC = 4
const beyondAll = 0xffff_ffff

const probes: readonly Probe[] = [
  {
    id: 'close-range',
    title: 'close_range with CLOSE_RANGE_CLOEXEC',
    probe: () =>
      tried({
        calls: [
          {
            name: 'close_range',
            shown: 'close_range(CLOSE_RANGE_CLOEXEC)',
            args: [beyondAll, beyondAll, CLOSE_RANGE_CLOEXEC],
          },
        ],
        since: '5.11',
      }),
    consequence: {
      methods: ['fork', 'vfork', 'clone', 'clone-vm', 'zygote'],
      options: none,
      text: 'open descriptors are listed in /proc/self/fd before the child exists, and closed one by one',
    },
    advice: allow('close_range', '5.11'),
  },
  {
    id: 'proc-fd',
    title: '/proc/self/fd',
    probe: () =>
      existsSync('/proc/self/fd')
        ? works('/proc is mounted')
        : {state: 'missing', evidence: 'there is no /proc/self/fd'},
    consequence: {
      methods: none,
      options: none,
      text: 'where close_range is not to be had either, descriptors cannot be closed, and nothing is spawned',
    },
    advice: mountProc,
  },
]

export const descriptors: ProbeGroup = {id: 'descriptors', title: 'Descriptors', probes}
