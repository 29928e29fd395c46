import {constants} from 'node:os'
import {allow} from '../advice.js'
import {tried} from '../attempt.js'
import {status} from '../machine.js'
import {type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'

const P_PID = 1
const P_PIDFD = 3
const WEXITED = 4
const WNOHANG = 1
const siginfoBytes = 128

/** Open in no process: a kernel that knows the call, and the kind of descriptor, says EBADF. */
const noSuchFd = 0x7fff_ffff
const forgive = [constants.errno.EBADF]

/** Bit n-1 is signal n; so /proc/self/status writes a set of signals. */
function probeReaping(): Outcome {
  const ignored = BigInt(`0x${status('SigIgn') ?? '0'}`)
  if ((ignored >> BigInt(constants.signals.SIGCHLD - 1)) & 1n)
    return {state: 'missing', evidence: 'SIGCHLD is ignored: the kernel reaps every child at once'}
  const pid = {slot: 0}
  const outcome = tried({
    calls: [
      {name: 'getpid', args: [], save: pid},
      {
        name: 'waitid',
        shown: 'waitid(P_PID)',
        args: [P_PID, pid, new Uint8Array(siginfoBytes), WEXITED | WNOHANG, 0],
        forgive: [constants.errno.ECHILD], // nobody is its own child
      },
    ],
  })
  return outcome.state === 'works' ? works('SIGCHLD is not ignored, and waitid asks for a child') : outcome
}

const probes: readonly Probe[] = [
  {
    id: 'pidfd-open',
    title: 'pidfd_open',
    probe: () => {
      const pid = {slot: 0}
      return tried({
        calls: [
          {name: 'getpid', args: [], save: pid},
          {name: 'pidfd_open', args: [pid, 0]},
        ],
        since: '5.3',
      })
    },
    consequence: {
      methods: ['fork', 'vfork', 'posix_spawn', 'zygote'],
      options: ['--join'],
      text: 'exec waits and signals by pid; the library’s launch needs clone, whose pidfd comes with the child; PID cannot be joined, a path can',
    },
    advice: allow('pidfd_open', '5.3'),
  },
  {
    id: 'pidfd-send-signal',
    title: 'pidfd_send_signal',
    probe: () => tried({calls: [{name: 'pidfd_send_signal', args: [noSuchFd, 0, 0, 0], forgive}], since: '5.1'}),
    consequence: {
      methods: none,
      options: none,
      text: 'signals are sent by pid, also by kill() of the library’s children',
    },
    advice: allow('pidfd_send_signal', '5.1'),
  },
  {
    id: 'waitid-pidfd',
    title: 'waitid by pidfd',
    probe: () =>
      tried({
        calls: [
          {
            name: 'waitid',
            shown: 'waitid(P_PIDFD)',
            args: [P_PIDFD, noSuchFd, new Uint8Array(siginfoBytes), WEXITED | WNOHANG, 0],
            forgive,
          },
        ],
        since: '5.4',
      }),
    consequence: {
      methods: none,
      options: none,
      text: 'a kernel before 5.4 is asked by pid; where a filter refuses it, how a program ended is lost',
    },
    advice: allow('waitid', '5.4'),
  },
  {
    id: 'reaping',
    title: 'children are left to be reaped',
    essential: true,
    probe: probeReaping,
    consequence: {methods: none, options: none, text: 'how a program ended is not known: its exit code is lost'},
    advice: outcome =>
      outcome.state === 'missing'
        ? 'the program that starts spawnctl ignores SIGCHLD: it should not'
        : allow('waitid', '2.6')(outcome),
  },
]

export const watching: ProbeGroup = {id: 'watching', title: 'Watching it', probes}
