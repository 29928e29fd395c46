import {readdirSync} from 'node:fs'
import {ownCgroups} from '../../methods/cgroup-tree.js'
import {isUnbound} from '../../methods/diagnosis/process-limit.js'
import {softLimit} from '../../methods/soft-limit.js'
import {read} from '../machine.js'
import {type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'
import {fromProc} from '../proc.js'

/** With less left, the next few spawns may fail. */
const tooFew = 8

function room(used: number, most: number, what: string): Outcome {
  const share = `${used} of ${most}`
  if (most - used >= tooFew) return works(`${share} ${what}`, share)
  return {state: 'refused', errno: 'EAGAIN', evidence: `${share} ${what}`}
}

function tasksOfUser(uid: number): number {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.reduce((sum, pid) => {
    const text = read(`/proc/${pid}/status`) ?? ''
    if (Number(/^Uid:\s*(\d+)/m.exec(text)?.[1]) !== uid) return sum
    return sum + Number(/^Threads:\s*(\d+)/m.exec(text)?.[1] ?? 0)
  }, 0)
}

function probeProcesses(): Outcome {
  const most = softLimit('Max processes')
  if (most === undefined) return works('RLIMIT_NPROC is unlimited', 'unlimited')
  const used = tasksOfUser(process.getuid?.() ?? 0)
  if (isUnbound(process.getuid?.() ?? 0))
    return works(`RLIMIT_NPROC is ${most}, and does not bind this user`, 'does not bind this user')
  return room(used, most, 'processes and threads of this user (RLIMIT_NPROC)')
}

function probePids(): Outcome {
  const limited = [...ownCgroups(), ...ownCgroups('pids')].flatMap(directory => {
    const [most, used] = [Number(read(`${directory}/pids.max`)), Number(read(`${directory}/pids.current`))]
    return most >= 0 && used >= 0 ? [{directory, most, used}] : []
  })
  const [tightest] = limited.sort((a, b) => a.most - a.used - (b.most - b.used))
  if (tightest === undefined) return works('no cgroup of ours has a pids.max', 'unlimited')
  return room(tightest.used, tightest.most, `in ${tightest.directory} (pids.max)`)
}

function probeDescriptors(): Outcome {
  const most = softLimit('Max open files')
  const used = readdirSync('/proc/self/fd').length - 1 // less the one that lists them
  if (most === undefined) return works('RLIMIT_NOFILE is unlimited', 'unlimited')
  const outcome = room(used, most, 'descriptors open (RLIMIT_NOFILE)')
  return outcome.state === 'refused' ? {...outcome, errno: 'EMFILE'} : outcome
}

const whoUsesThem = 'ps -u "$USER" -L shows who uses them; ulimit -u shows and sets the limit'
const raisePids = 'raise pids.max there: docker --pids-limit, systemd TasksMax='

/** The limit, if any, that leaves less than a second Node takes for its threads. */
export function tightLimit(): {evidence: string; next: string} | undefined {
  const [processes, pids] = [probeProcesses(), probePids()]
  if (pids.state === 'refused') return {evidence: pids.evidence, next: raisePids}
  return processes.state === 'refused' ? {evidence: processes.evidence, next: whoUsesThem} : undefined
}

const probes: readonly Probe[] = [
  {
    id: 'limit-processes',
    title: 'processes of this user',
    probe: fromProc(probeProcesses),
    consequence: {
      methods: none,
      options: ['--uid', '--user'],
      text: 'every method fails with EAGAIN when they are used up',
    },
    advice: whoUsesThem,
  },
  {
    id: 'limit-pids',
    title: 'processes of the cgroup',
    probe: fromProc(probePids),
    consequence: {methods: none, options: none, text: 'every method fails with EAGAIN when they are used up'},
    advice: raisePids,
  },
  {
    id: 'limit-open-files',
    title: 'open descriptors',
    probe: fromProc(probeDescriptors),
    consequence: {
      methods: none,
      options: ['--fd', '--stdin', '--stdout', '--stderr'],
      text: 'a spawn needs a few for itself, and fails with EMFILE when they are used up',
    },
    advice: 'ulimit -n 4096',
  },
]

export const limits: ProbeGroup = {id: 'limits', title: 'Limits', probes}
