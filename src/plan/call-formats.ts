import {constants} from 'node:fs'
import {resourceNames, resourceNumbers} from './resource.js'
import {describeSignals, signalName} from './signals.js'
import type {SyscallName} from './syscalls.js'
import {readableText} from './text.js'

/** An argument of a call as far as it is known before the call is made. */
export type Value =
  | {readonly number: bigint}
  | {readonly bytes: Uint8Array}
  /** The result of an earlier call, "$1", or where that is kept, "&$1". */
  | {readonly result: string}

/** How one argument reads; the others of its call may matter. */
type Format = (value: Value, all: readonly Value[]) => string

type Names = Readonly<Record<number, string>>

function number(value: Value | undefined): number {
  return value !== undefined && 'number' in value ? Number(BigInt.asIntN(64, value.number)) : Number.NaN
}

function words(value: Value, bits: 32 | 64): readonly bigint[] {
  if (!('bytes' in value)) return []
  const {buffer, byteOffset, length} = value.bytes
  const view = new DataView(buffer, byteOffset, length)
  return Array.from({length: Math.floor((length * 8) / bits)}, (_, i) =>
    bits === 32 ? BigInt(view.getUint32(i * 4, true)) : view.getBigUint64(i * 8, true),
  )
}

const isText = (bytes: Uint8Array) => bytes.every(byte => (byte >= 0x20 && byte !== 0x7f) || byte === 0x0a)

/** What a call without a format of its own is read by, and every argument beyond its format. */
export const plain: Format = value => {
  if ('result' in value) return value.result
  if ('bytes' in value) return isText(value.bytes) ? JSON.stringify(readableText(value.bytes)) : '{…}'
  const signed = BigInt.asIntN(64, value.number)
  return signed >= 65_536n && signed !== 0xffffffffn ? `0x${signed.toString(16)}` : String(signed)
}

const decimal: Format = value => String(number(value))
const octal: Format = value => `0${number(value).toString(8)}`
const hex: Format = value => `0x${number(value).toString(16)}`
const pointer: Format = value => (number(value) === 0 ? 'NULL' : plain(value, []))
const nothing: Format = () => ''

function named(names: Names): Format {
  return (value, all) => names[number(value)] ?? plain(value, all)
}

function flags(names: Names, zero: string): Format {
  return value => {
    if ('result' in value) return value.result
    let rest = number(value)
    const found = Object.entries(names).filter(([bit]) => {
      const isSet = (rest & Number(bit)) === Number(bit)
      if (isSet) rest &= ~Number(bit)
      return isSet
    })
    const texts = [...found.map(([, name]) => name), ...(rest === 0 ? [] : [`0x${(rest >>> 0).toString(16)}`])]
    return texts.join('|') || zero
  }
}

const openFlags: Format = value => {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'][number(value) & 3] as string
  const rest = flags(openFlagNames, '')({number: BigInt(number(value) & ~3)}, [])
  return rest === '' ? access : `${access}|${rest}`
}
const {O_CREAT, O_NOCTTY, O_TRUNC, O_APPEND, O_DIRECTORY} = constants
const O_CLOEXEC = 0x80000
const O_PATH = 0x200000
const openFlagNames = {
  [O_CREAT]: 'O_CREAT',
  [O_NOCTTY]: 'O_NOCTTY',
  [O_TRUNC]: 'O_TRUNC',
  [O_APPEND]: 'O_APPEND',
  [O_DIRECTORY]: 'O_DIRECTORY',
  [O_CLOEXEC]: 'O_CLOEXEC',
  [O_PATH]: 'O_PATH',
}

const limitText = (value: bigint) => (value === 2n ** 64n - 1n ? 'RLIM64_INFINITY' : String(value))
const limit: Format = value => {
  const [soft, hard] = words(value, 64).map(limitText)
  return `{rlim_cur=${soft}, rlim_max=${hard}}`
}
const signalSet: Format = value => {
  const set = words(value, 64)[0] ?? 0n
  const signals = Array.from({length: 64}, (_, i) => i + 1).filter(signal => (set >> BigInt(signal - 1)) & 1n)
  return `[${signals.length === 0 ? '' : describeSignals(signals).replaceAll('SIG', '').replaceAll(',', ' ')}]`
}
const action: Format = value =>
  `{sa_handler=${words(value, 64)[0] === 1n ? 'SIG_IGN' : 'SIG_DFL'}, sa_mask=[], sa_flags=0}`
const list: Format = value => `[${words(value, 32).join(', ')}]`
const processors: Format = value =>
  'bytes' in value
    ? `[${[...value.bytes].flatMap((byte, i) => [...Array(8).keys()].filter(bit => (byte >> bit) & 1).map(bit => i * 8 + bit)).join(' ')}]`
    : plain(value, [])
const filter: Format = value => `{len=${words(value, 64)[0]}, filter=…}`
const signal: Format = value => signalName(number(value))

/** linux/prctl.h: the name of what is done, and how its own argument reads. */
const prctls: Readonly<Record<number, readonly [name: string, ...formats: Format[]]>> = {
  1: ['PR_SET_PDEATHSIG', signal],
  8: ['PR_SET_KEEPCAPS', plain],
  24: ['PR_CAPBSET_DROP', plain],
  28: ['PR_SET_SECUREBITS', hex],
  29: ['PR_SET_TIMERSLACK', decimal],
  38: ['PR_SET_NO_NEW_PRIVS', plain, plain, plain, plain],
  47: ['PR_CAP_AMBIENT', named({2: 'PR_CAP_AMBIENT_RAISE', 4: 'PR_CAP_AMBIENT_CLEAR_ALL'}), plain, plain, plain],
}
const prctlName: Format = (value, all) => prctls[number(value)]?.[0] ?? plain(value, all)
const prctlArgument =
  (i: number): Format =>
  (value, all) => {
    const known = prctls[number(all[0])]
    const format = known === undefined ? plain : (known[i] as Format | undefined)
    return format === undefined ? '' : format(value, all)
  }

const directory = named({'-100': 'AT_FDCWD'})
const fcntls = {2: 'F_SETFD', 1030: 'F_DUPFD_CLOEXEC'}
export const cloneFlags = flags(
  {
    256: 'CLONE_VM',
    16384: 'CLONE_VFORK',
    32768: 'CLONE_PARENT',
    4096: 'CLONE_PIDFD',
    128: 'CLONE_NEWTIME',
    131072: 'CLONE_NEWNS',
    33554432: 'CLONE_NEWCGROUP',
    67108864: 'CLONE_NEWUTS',
    134217728: 'CLONE_NEWIPC',
    268435456: 'CLONE_NEWUSER',
    536870912: 'CLONE_NEWPID',
    1073741824: 'CLONE_NEWNET',
  },
  '0',
)
const mountFlags = flags(
  {1: 'MS_RDONLY', 32: 'MS_REMOUNT', 4096: 'MS_BIND', 16384: 'MS_REC', 262144: 'MS_PRIVATE', 524288: 'MS_SLAVE'},
  '0',
)
const terminalRequests = {21518: 'TIOCSCTTY', 21520: 'TIOCSPGRP', 35091: 'SIOCGIFFLAGS', 35092: 'SIOCSIFFLAGS'}
const resources = Object.fromEntries(resourceNames.map(name => [resourceNumbers[name], `RLIMIT_${name.toUpperCase()}`]))

/** strace's way of writing, as far as these calls need it; what is not here reads as numbers and texts. */
export const callFormats: Readonly<Partial<Record<SyscallName, readonly Format[]>>> = {
  close_range: [plain, plain, flags({4: 'CLOSE_RANGE_CLOEXEC'}, '0')],
  dup3: [plain, plain, flags({[O_CLOEXEC]: 'O_CLOEXEC'}, '0')],
  fcntl: [
    plain,
    named(fcntls),
    (value, all) => (number(all[1]) === 2 && number(value) === 1 ? 'FD_CLOEXEC' : plain(value, all)),
  ],
  ioctl: [plain, named(terminalRequests), plain],
  ioprio_set: [named({1: 'IOPRIO_WHO_PROCESS'}), plain, hex],
  mount: [pointer, pointer, pointer, mountFlags, pointer],
  openat: [directory, plain, openFlags, (mode, all) => (number(all[2]) & O_CREAT ? octal(mode, all) : '')],
  openat2: [directory, plain, nothing, nothing],
  personality: [hex],
  prctl: [prctlName, prctlArgument(1), prctlArgument(2), prctlArgument(3), prctlArgument(4)],
  prlimit64: [plain, named(resources), limit, pointer],
  rt_sigaction: [signal, action, pointer, plain],
  rt_sigprocmask: [named({0: 'SIG_BLOCK', 2: 'SIG_SETMASK'}), signalSet, pointer, plain],
  sched_setaffinity: [plain, plain, processors],
  sched_setscheduler: [
    plain,
    named({0: 'SCHED_OTHER', 1: 'SCHED_FIFO', 2: 'SCHED_RR', 3: 'SCHED_BATCH', 5: 'SCHED_IDLE'}),
    list,
  ],
  seccomp: [named({1: 'SECCOMP_SET_MODE_FILTER'}), plain, filter],
  setgroups: [plain, list],
  setns: [plain, cloneFlags],
  setpriority: [named({0: 'PRIO_PROCESS'}), plain, plain],
  umask: [octal],
  umount2: [plain, flags({2: 'MNT_DETACH'}, '0')],
  unshare: [cloneFlags],
}
