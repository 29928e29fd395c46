import {constants} from 'node:os'
import {AT_FDCWD} from '../../plan/fcntl.js'
import {mountProc} from '../../plan/proc.js'
import {words32, words64} from '../../plan/script.js'
import {allow, needsRight} from '../advice.js'
import {type Call, tried} from '../attempt.js'
import {summarizeCapabilities} from '../capabilities.js'
import {isFiltered, read, status, sysctl} from '../machine.js'
import {type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'
import {fromProc} from '../proc.js'

const O_WRONLY = 1
const nobody = 65534
const PRIO_PROCESS = 0
const highestPriority = -20
const SCHED_FIFO = 1
const RLIMIT_MEMLOCK = 8
const RLIM_INFINITY = (1n << 64n) - 1n
const PR_CAPBSET_DROP = 24
const PR_SET_NO_NEW_PRIVS = 38
const SECCOMP_SET_MODE_FILTER = 1
const leastOomScoreAdj = -1000
const CAP_CHOWN = 0

function probeLowerOomScore(): Outcome {
  const path = '/proc/self/oom_score_adj'
  const now = Number(read(path) ?? '0')
  if (now === leastOomScoreAdj) return works('it is at its least already')
  const fd = {slot: 0}
  const text = String(now - 1)
  return tried({
    calls: [
      {name: 'openat', args: [AT_FDCWD, path, O_WRONLY], shown: `open ${path}`, save: fd},
      {name: 'write', args: [fd, text, text.length], shown: `write to ${path}`},
    ],
  })
}

function probeCapabilities(): Outcome {
  const last = Number(sysctl('kernel.cap_last_cap') ?? '40')
  const [effective, bounding] = [status('CapEff') ?? '0', status('CapBnd') ?? '0'].map(hex =>
    summarizeCapabilities(hex, last),
  )
  return works(`effective: ${effective}; bounding: ${bounding}`, effective)
}

function probeUnfiltered(): Outcome {
  if (!isFiltered()) return works('no seccomp filter stands before the kernel')
  return {state: 'refused', evidence: `seccomp filters before the kernel: ${status('Seccomp_filters') ?? 'some'}`}
}

function probeNewPrivileges(): Outcome {
  if (status('NoNewPrivs') !== '1') return works('no_new_privs is not set')
  return {state: 'refused', evidence: 'no_new_privs is set, and nothing below can take it back'}
}

const inUserNamespace = 'with --unshare user, where the program has it'

/** Rights that are tried: what is asked of the kernel, whose right it is, and the options that need it. */
const tries: readonly {
  id: string
  title: string
  calls: readonly Call[]
  capability: string
  /** How it is had in a user namespace; the others are asked of the machine’s own. */
  instead?: string
  options: readonly string[]
}[] = [
  {
    id: 'change-user',
    title: 'become another user',
    calls: [
      {name: 'setgroups', args: [0, 0]},
      {name: 'setgid', args: [nobody]},
      {name: 'setuid', args: [nobody]},
    ],
    capability: 'CAP_SETUID and CAP_SETGID',
    instead: 'with --unshare user --map-users auto --map-groups auto, whose maps have other ids than one’s own',
    options: ['--user', '--uid', '--gid', '--groups'],
  },
  {
    id: 'chroot',
    title: 'change the root directory',
    calls: [{name: 'chroot', args: ['/']}],
    capability: 'CAP_SYS_CHROOT',
    instead: inUserNamespace,
    options: ['--chroot'],
  },
  {
    id: 'raise-priority',
    title: 'raise the priority',
    calls: [{name: 'setpriority', args: [PRIO_PROCESS, 0, highestPriority]}],
    capability: 'CAP_SYS_NICE',
    options: ['--nice'],
  },
  {
    id: 'real-time',
    title: 'real-time scheduling',
    calls: [{name: 'sched_setscheduler', args: [0, SCHED_FIFO, words32([1])], shown: 'sched_setscheduler(SCHED_FIFO)'}],
    capability: 'CAP_SYS_NICE',
    options: ['--sched'],
  },
  {
    id: 'raise-limits',
    title: 'raise hard limits',
    calls: [
      {
        name: 'prlimit64',
        args: [0, RLIMIT_MEMLOCK, words64(RLIM_INFINITY, RLIM_INFINITY), 0],
        shown: 'prlimit(RLIMIT_MEMLOCK, unlimited)',
      },
    ],
    capability: 'CAP_SYS_RESOURCE',
    options: ['--rlimit'],
  },
  {
    id: 'drop-capabilities',
    title: 'drop from the bounding set',
    calls: [{name: 'prctl', args: [PR_CAPBSET_DROP, CAP_CHOWN], shown: 'prctl(PR_CAPBSET_DROP)'}],
    capability: 'CAP_SETPCAP',
    instead: inUserNamespace,
    options: ['--cap-drop', '--securebits'],
  },
]

const probes: readonly Probe[] = [
  {
    id: 'capabilities',
    title: 'capabilities',
    probe: fromProc(probeCapabilities),
    consequence: {methods: none, options: none, text: 'they are not known'},
    advice: mountProc,
  },
  ...tries.map(
    ({id, title, calls, capability, instead, options}): Probe => ({
      id,
      title,
      probe: () => tried({calls}),
      consequence: {methods: none, options, text: 'refused, as far as it needs the right to'},
      advice: needsRight(capability, instead),
    }),
  ),
  {
    id: 'lower-oom-score',
    title: 'lower oom_score_adj',
    probe: fromProc(probeLowerOomScore),
    consequence: {methods: none, options: ['--oom-score-adj'], text: 'can be raised only'},
    advice: needsRight('CAP_SYS_RESOURCE'),
  },
  {
    id: 'new-privileges',
    title: 'set-user-id programs',
    probe: fromProc(probeNewPrivileges),
    consequence: {methods: none, options: none, text: 'a program that is run cannot gain rights by sudo, su or ping'},
    advice: 'container: without no-new-privileges; systemd: NoNewPrivileges=no',
  },
  {
    id: 'seccomp',
    title: 'seccomp filters can be set',
    probe: () =>
      tried({
        calls: [
          {name: 'prctl', args: [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0], shown: 'prctl(PR_SET_NO_NEW_PRIVS)'},
          {
            name: 'seccomp',
            args: [SECCOMP_SET_MODE_FILTER, 0, 0],
            shown: 'seccomp(SECCOMP_SET_MODE_FILTER)',
            forgive: [constants.errno.EFAULT], // there is no program at 0: it would have taken one
          },
        ],
        since: '3.17',
      }),
    consequence: {methods: none, options: ['--seccomp'], text: 'refused'},
    advice: outcome =>
      isFiltered() ? allow('seccomp', '3.17')(outcome) : 'a kernel with CONFIG_SECCOMP_FILTER has it',
  },
  {
    id: 'unfiltered',
    title: 'system calls unfiltered',
    probe: fromProc(probeUnfiltered),
    consequence: {
      methods: none,
      options: none,
      text: 'an ENOSYS or EPERM above may be the filter’s answer and not the kernel’s',
    },
    advice: 'grep Seccomp /proc/self/status; containers and systemd’s SystemCallFilter= set one',
  },
]

export const rights: ProbeGroup = {id: 'rights', title: 'Rights', probes}
