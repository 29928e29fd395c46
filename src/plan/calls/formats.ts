import {constants} from 'node:fs'
import {O_CLOEXEC} from '../fcntl.js'
import {namespaceFlagName, namespaceFlags, namespaces} from '../namespaces.js'
import {resourceNames, resourceNumbers} from '../resource.js'
import type {SyscallName} from '../syscalls.js'
import {credentialFormats} from './credential-formats.js'
import {mountFormats} from './mount-formats.js'
import {openFlags} from './open-flags.js'
import {
  directory,
  type Format,
  flags,
  flagText,
  named,
  number,
  octal,
  plain,
  pointer,
  signal,
  signalSet,
  words,
} from './values.js'

const {O_CREAT} = constants

const limitText = (value: bigint) => (value === 2n ** 64n - 1n ? 'RLIM64_INFINITY' : String(value))
const limit: Format = value => {
  const [soft, hard] = words(value, 64).map(limitText)
  return `{rlim_cur=${soft}, rlim_max=${hard}}`
}
const action: Format = value =>
  `{sa_handler=${words(value, 64)[0] === 1n ? 'SIG_IGN' : 'SIG_DFL'}, sa_mask=[], sa_flags=0}`
const list: Format = value => `[${words(value, 32).join(', ')}]`
const processors: Format = value =>
  'bytes' in value
    ? `[${[...value.bytes].flatMap((byte, i) => [...Array(8).keys()].filter(bit => (byte >> bit) & 1).map(bit => i * 8 + bit)).join(' ')}]`
    : plain(value, [])
const filter: Format = value => `{len=${words(value, 64)[0]}, filter=…}`

export const cloneFlags = flags({
  256: 'CLONE_VM',
  16384: 'CLONE_VFORK',
  32768: 'CLONE_PARENT',
  4096: 'CLONE_PIDFD',
  ...Object.fromEntries(namespaces.map(name => [namespaceFlags[name], namespaceFlagName(name)])),
})

const policies = {
  0: 'SCHED_OTHER',
  1: 'SCHED_FIFO',
  2: 'SCHED_RR',
  3: 'SCHED_BATCH',
  5: 'SCHED_IDLE',
  6: 'SCHED_DEADLINE',
}

/** struct sched_attr. */
const schedulingAttributes: Format = value => {
  const [size = 0n, policy = 0n] = words(value, 32)
  const [, , , runtime, deadline, period] = words(value, 64)
  const name = policies[Number(policy) as keyof typeof policies]
  return `{size=${size}, sched_policy=${name}, sched_flags=0, sched_nice=0, sched_priority=0, sched_runtime=${runtime}, sched_deadline=${deadline}, sched_period=${period}}`
}

const ioClasses = ['NONE', 'RT', 'BE', 'IDLE']
const ioPriority: Format = value =>
  `IOPRIO_PRIO_VALUE(IOPRIO_CLASS_${ioClasses[number(value) >> 13]}, ${number(value) & 0x1fff})`

/** sys/personality.h; the lowest byte is the domain itself. */
const personalityFlags = {
  131072: 'UNAME26',
  262144: 'ADDR_NO_RANDOMIZE',
  524288: 'FDPIC_FUNCPTRS',
  1048576: 'MMAP_PAGE_ZERO',
  2097152: 'ADDR_COMPAT_LAYOUT',
  4194304: 'READ_IMPLIES_EXEC',
  8388608: 'ADDR_LIMIT_32BIT',
  16777216: 'SHORT_INODE',
  33554432: 'WHOLE_SECONDS',
  67108864: 'STICKY_TIMEOUTS',
  134217728: 'ADDR_LIMIT_3GB',
}
const persona: Format = value => {
  const domain = (number(value) & 0xff) === 8 ? 'PER_LINUX32' : 'PER_LINUX'
  const rest = flagText(number(value) & ~0xff, personalityFlags, '')
  return rest === '' ? domain : `${domain}|${rest}`
}

const requests = {21518: 'TIOCSCTTY', 21520: 'TIOCSPGRP', 21537: 'FIONBIO', 35092: 'SIOCSIFFLAGS'}
/** struct ifreq for SIOCSIFFLAGS, a number for FIONBIO; strace shows where the group of TIOCSPGRP comes from. */
const requestArgument: Format = (value, all) => {
  if (!('bytes' in value)) return plain(value, all)
  if (number(all[1]) === 21537) return `[${words(value, 32)[0]}]`
  const name = Buffer.from(value.bytes.subarray(0, value.bytes.indexOf(0))).toString()
  return `{ifr_name="${name}", ifr_flags=${flagText(Number((words(value, 64)[2] ?? 0n) & 0xffffn), {1: 'IFF_UP'})}}`
}

const resources = Object.fromEntries(resourceNames.map(name => [resourceNumbers[name], `RLIMIT_${name.toUpperCase()}`]))
const socketTypes = flags({2: 'SOCK_DGRAM', [O_CLOEXEC]: 'SOCK_CLOEXEC'})

/** strace's way of writing, as far as these calls need it; what is not here reads as numbers and texts. */
export const callFormats: Readonly<Partial<Record<SyscallName, readonly Format[]>>> = {
  ...credentialFormats,
  ...mountFormats,
  close_range: [plain, plain, flags({4: 'CLOSE_RANGE_CLOEXEC'})],
  dup3: [plain, plain, flags({[O_CLOEXEC]: 'O_CLOEXEC'})],
  fcntl: [
    plain,
    named({2: 'F_SETFD', 1030: 'F_DUPFD_CLOEXEC'}),
    (value, all) => (number(all[1]) === 2 && number(value) === 1 ? 'FD_CLOEXEC' : plain(value, all)),
  ],
  ioctl: [plain, named(requests), requestArgument],
  ioprio_set: [named({1: 'IOPRIO_WHO_PROCESS'}), plain, ioPriority],
  openat: [
    directory,
    plain,
    wanted => openFlags(number(wanted)),
    (mode, all) => (number(all[2]) & O_CREAT ? octal(mode, all) : ''),
  ],
  personality: [persona],
  prlimit64: [plain, named(resources), limit, pointer],
  ptrace: [named({0: 'PTRACE_TRACEME'}), () => '', () => '', () => ''],
  rt_sigaction: [signal, action, pointer, plain],
  rt_sigprocmask: [named({0: 'SIG_BLOCK', 2: 'SIG_SETMASK'}), signalSet, pointer, plain],
  sched_setaffinity: [plain, plain, processors],
  sched_setattr: [plain, schedulingAttributes, plain],
  sched_setscheduler: [plain, named(policies), list],
  seccomp: [named({1: 'SECCOMP_SET_MODE_FILTER'}), plain, filter],
  setgroups: [plain, list],
  setns: [plain, cloneFlags],
  setpriority: [named({0: 'PRIO_PROCESS'}), plain, plain],
  socket: [named({2: 'AF_INET'}), socketTypes, named({0: 'IPPROTO_IP'})],
  umask: [octal],
  unshare: [cloneFlags],
}
