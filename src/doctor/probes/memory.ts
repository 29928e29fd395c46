import {read, status, sysctl} from '../machine.js'
import {type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'
import {fromProc} from '../proc.js'

const modes = ['heuristic', 'always', 'strict'] as const
const strict = 2

function kibibytes(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(read(file) ?? '')?.[1] ?? '0')
}

/** In strict mode a fork is charged for all private memory of its caller, whether or not it is ever written to. */
function probeOvercommit(): Outcome {
  const mode = Number(sysctl('vm.overcommit_memory') ?? '0')
  const named = modes[mode] ?? `mode ${mode}`
  if (mode !== strict) return works(`vm.overcommit_memory is ${mode}`, named)
  const left = kibibytes('/proc/meminfo', 'CommitLimit') - kibibytes('/proc/meminfo', 'Committed_AS')
  const wanted = kibibytes('/proc/self/status', 'VmData')
  const share = `${Math.round(left / 1024)} MiB left to promise`
  if (wanted < left) return works(`vm.overcommit_memory is 2; ${share}`, `${named}, ${share}`)
  return {
    state: 'refused',
    errno: 'ENOMEM',
    evidence: `vm.overcommit_memory is 2; ${share}, and a fork of this process wants ${Math.round(wanted / 1024)} MiB`,
  }
}

function probeHugePages(): Outcome {
  const setting = read('/sys/kernel/mm/transparent_hugepage/enabled')
  const mode = /\[(\w+)\]/.exec(setting ?? '')?.[1]
  if (mode === undefined) return {state: 'missing', evidence: 'this kernel has no transparent huge pages'}
  if (mode === 'never') return {state: 'missing', evidence: 'transparent_hugepage/enabled is never'}
  if (status('THP_enabled') === '0') return {state: 'refused', evidence: 'PR_SET_THP_DISABLE is set for this process'}
  return works(`transparent_hugepage/enabled is ${mode}`, mode)
}

const probes: readonly Probe[] = [
  {
    id: 'overcommit',
    title: 'memory promised beyond what there is',
    probe: fromProc(probeOvercommit),
    consequence: {
      methods: ['fork'],
      options: none,
      text: 'fork of a large process fails with ENOMEM; the methods that share memory need none',
    },
    advice: '--method clone, vfork or posix_spawn; or sysctl -w vm.overcommit_memory=0',
  },
  {
    id: 'huge-pages',
    title: 'transparent huge pages',
    probe: probeHugePages,
    consequence: {
      methods: ['fork'],
      options: none,
      text: 'every 4 KiB page is copied by its own entry: a large caller waits longer; no other method minds',
    },
    advice: 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled',
  },
]

export const memory: ProbeGroup = {id: 'memory', title: 'Memory', probes}
