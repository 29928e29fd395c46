import {allow} from '../advice.js'
import {attempt, tried} from '../attempt.js'
import {status} from '../machine.js'
import {type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'

const CLONE_VM = 0x100n
const CLONE_PIDFD = 0x1000n
const CLONE_VFORK = 0x4000n
const CLONE_CLEAR_SIGHAND = 0x1_0000_0000n
const CLONE_INTO_CGROUP = 0x2_0000_0000n
const SIGCHLD = 17n

const borrowing = CLONE_VM | CLONE_VFORK
/** Open in no process: a kernel that knows CLONE_INTO_CGROUP says EBADF. */
const noSuchFd = 0x7fff_ffff

/** "for a process of 70 MiB"; nothing where /proc does not tell. */
function ofSize(): string {
  const resident = status('VmRSS')
  return resident === undefined ? '' : ` for a process of ${Math.round(Number.parseInt(resident, 10) / 1024)} MiB`
}

function probeFork(): Outcome {
  const {outcome, result} = attempt({shown: 'fork'})
  if (outcome.state !== 'works') return outcome
  const cost = `${(result.forkNs / 1e6).toFixed(2)} ms${ofSize()}`
  return works(`fork of this process took ${cost}`, cost)
}

/** Emulators (qemu-user, WSL 1) make a vfork a fork: the child then has a copy. */
function probeSharedMemory(): Outcome {
  const {outcome, result} = attempt({creation: {by: 'vfork'}, shown: 'vfork'})
  if (outcome.state !== 'works') return outcome
  if (result.sharesMemory) return works('what the child wrote was seen by its parent')
  return {state: 'missing', evidence: 'what the child wrote was not seen by its parent: it got a copy'}
}

function clone3With(flags: bigint, shown: string, since: string): Outcome {
  return tried({creation: {by: 'clone3', flags: borrowing | flags}, shown: `clone3(${shown})`, since})
}

function probeIntoCgroup(): Outcome {
  const creation = {by: 'clone3', flags: borrowing | CLONE_INTO_CGROUP, cgroupFd: noSuchFd} as const
  const outcome = tried({creation, shown: 'clone3(CLONE_INTO_CGROUP)', since: '5.7'})
  if (outcome.state === 'works' || outcome.errno !== 'EBADF') return outcome
  return works('clone3 asks for the cgroup’s descriptor, so it knows the flag')
}

function probePidfd(by: 'clone3' | 'clone', flags: bigint): Outcome {
  const {outcome, result} = attempt({
    creation: {by, flags: borrowing | CLONE_PIDFD | flags},
    shown: `${by}(CLONE_PIDFD)`,
    since: by === 'clone3' ? '5.3' : '5.2',
  })
  if (outcome.state !== 'works' || result.hasPidfd) return outcome
  return {state: 'missing', evidence: `${by} ignores CLONE_PIDFD; Linux has it since 5.2`}
}

const probes: readonly Probe[] = [
  {
    id: 'fork',
    title: 'fork',
    probe: probeFork,
    consequence: {methods: ['fork'], options: none, text: 'no child can be created by a copy of the memory'},
    advice: 'see the limits and the memory below; a smaller process needs less',
  },
  {
    id: 'vfork-memory',
    title: 'vfork lends the memory',
    probe: probeSharedMemory,
    consequence: {
      methods: ['vfork', 'clone'],
      options: none,
      text: 'where the child gets a copy of the memory instead, it works as slowly as fork does',
    },
    advice: outcome =>
      outcome.state === 'missing' && outcome.errno === undefined
        ? 'an emulator (qemu-user, WSL 1) does this; on a kernel of its own it is faster'
        : allow('vfork', '2.2')(outcome),
  },
  {
    id: 'clone3',
    title: 'clone3',
    probe: () => clone3With(0n, 'CLONE_VM | CLONE_VFORK', '5.3'),
    consequence: {
      methods: ['clone', 'clone-vm'],
      options: none,
      text: 'the older clone creates the child; --verbose and the report say so',
    },
    advice: allow('clone3', '5.3'),
  },
  {
    id: 'clone3-clear-sighand',
    title: 'clone3: CLONE_CLEAR_SIGHAND',
    probe: () => clone3With(CLONE_CLEAR_SIGHAND, 'CLONE_CLEAR_SIGHAND', '5.5'),
    consequence: {
      methods: ['clone', 'clone-vm'],
      options: none,
      text: 'the child itself sets handlers to default, by some 64 more system calls',
    },
    advice: allow('clone3', '5.5'),
  },
  {
    id: 'clone3-pidfd',
    title: 'clone3: CLONE_PIDFD',
    probe: () => probePidfd('clone3', 0n),
    consequence: {
      methods: ['clone', 'clone-vm'],
      options: none,
      text: 'the pidfd comes from the older clone, or from pidfd_open',
    },
    advice: allow('clone3', '5.3'),
  },
  {
    id: 'clone3-into-cgroup',
    title: 'clone3: CLONE_INTO_CGROUP',
    probe: probeIntoCgroup,
    consequence: {
      methods: ['clone', 'clone-vm'],
      options: ['--cgroup'],
      text: 'the child is not born in its cgroup: it enters by cgroup.procs, which is slower',
    },
    advice: allow('clone3', '5.7'),
  },
  {
    id: 'clone',
    title: 'clone, where clone3 is not to be had',
    probe: () => tried({creation: {by: 'clone', flags: borrowing | SIGCHLD}, shown: 'clone(CLONE_VM | CLONE_VFORK)'}),
    consequence: {
      methods: ['clone', 'clone-vm', 'vfork'],
      options: none,
      text: 'nothing is left where clone3 is refused too; --method fork needs no shared memory',
    },
    advice: allow('clone', '2.6'),
  },
  {
    id: 'clone-pidfd',
    title: 'clone: CLONE_PIDFD',
    probe: () => probePidfd('clone', SIGCHLD),
    consequence: {
      methods: ['clone', 'clone-vm'],
      options: none,
      text: 'where clone3 is not to be had either, the pidfd comes from pidfd_open',
    },
    advice: allow('clone', '5.2'),
  },
]

export const creation: ProbeGroup = {id: 'creation', title: 'How a child can be created', probes}
