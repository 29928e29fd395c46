/** System calls that scripts are made of; numbers held against <sys/syscall.h> by a test. */
export type SyscallName =
  | 'chdir'
  | 'close'
  | 'close_range'
  | 'dup3'
  | 'fchdir'
  | 'fcntl'
  | 'ioctl'
  | 'rt_sigaction'
  | 'rt_sigprocmask'
  | 'setgid'
  | 'setgroups'
  | 'setpgid'
  | 'setsid'
  | 'setuid'
  | 'umask'

export type Arch = 'x64' | 'arm64'

type Numbers = Readonly<Record<SyscallName, number>>

const x64: Numbers = {
  chdir: 80,
  close: 3,
  close_range: 436,
  dup3: 292,
  fchdir: 81,
  fcntl: 72,
  ioctl: 16,
  rt_sigaction: 13,
  rt_sigprocmask: 14,
  setgid: 106,
  setgroups: 116,
  setpgid: 109,
  setsid: 112,
  setuid: 105,
  umask: 95,
}

const arm64: Numbers = {
  chdir: 49,
  close: 57,
  close_range: 436,
  dup3: 24,
  fchdir: 50,
  fcntl: 25,
  ioctl: 29,
  rt_sigaction: 134,
  rt_sigprocmask: 135,
  setgid: 144,
  setgroups: 159,
  setpgid: 154,
  setsid: 157,
  setuid: 146,
  umask: 166,
}

export const syscallNumbers: Readonly<Record<Arch, Numbers>> = {x64, arm64}

/** The core's own calls on the caller's side, for the name of the one that failed. */
export const callerSyscallNumbers = {
  x64: {
    clone: 56,
    clone3: 435,
    eventfd2: 290,
    fcntl: 72,
    ftruncate: 77,
    memfd_create: 319,
    mmap: 9,
    mprotect: 10,
    pipe2: 293,
    recvfrom: 45,
    recvmsg: 47,
    sendmsg: 46,
  },
  arm64: {
    clone: 220,
    clone3: 435,
    eventfd2: 19,
    fcntl: 25,
    ftruncate: 46,
    memfd_create: 279,
    mmap: 222,
    mprotect: 226,
    pipe2: 59,
    recvfrom: 207,
    recvmsg: 212,
    sendmsg: 211,
  },
} as const
