import type {Arch} from '../plan/syscalls.js'

/** System calls that probes try; numbers held against <sys/syscall.h> by a test. */
const numbers = {
  x64: {
    chroot: 161,
    close_range: 436,
    getpid: 39,
    mkdirat: 258,
    mount: 165,
    openat: 257,
    pidfd_open: 434,
    pidfd_send_signal: 424,
    prctl: 157,
    prlimit64: 302,
    sched_setscheduler: 144,
    seccomp: 317,
    setgid: 106,
    setgroups: 116,
    setpriority: 141,
    setuid: 105,
    unlinkat: 263,
    unshare: 272,
    waitid: 247,
    write: 1,
  },
  arm64: {
    chroot: 51,
    close_range: 436,
    getpid: 172,
    mkdirat: 34,
    mount: 40,
    openat: 56,
    pidfd_open: 434,
    pidfd_send_signal: 424,
    prctl: 167,
    prlimit64: 261,
    sched_setscheduler: 119,
    seccomp: 277,
    setgid: 144,
    setgroups: 159,
    setpriority: 140,
    setuid: 146,
    unlinkat: 35,
    unshare: 97,
    waitid: 95,
    write: 64,
  },
} as const

export type ProbeSyscall = keyof (typeof numbers)['x64']

export const probeSyscallNumbers: Readonly<Record<Arch, Readonly<Record<ProbeSyscall, number>>>> = numbers
