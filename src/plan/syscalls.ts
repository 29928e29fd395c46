/** System calls that scripts are made of; numbers held against <sys/syscall.h> by a test. */
export type SyscallName =
  | 'capset'
  | 'chdir'
  | 'chroot'
  | 'clone'
  | 'close'
  | 'close_range'
  | 'dup3'
  | 'fchdir'
  | 'fcntl'
  | 'fsconfig'
  | 'fsmount'
  | 'fsopen'
  | 'getpid'
  | 'getppid'
  | 'ioctl'
  | 'ioprio_set'
  | 'mount'
  | 'mount_setattr'
  | 'move_mount'
  | 'open_tree'
  | 'openat'
  | 'openat2'
  | 'personality'
  | 'pidfd_open'
  | 'pivot_root'
  | 'prctl'
  | 'prlimit64'
  | 'ptrace'
  | 'rt_sigaction'
  | 'rt_sigprocmask'
  | 'sched_setaffinity'
  | 'sched_setattr'
  | 'sched_setscheduler'
  | 'seccomp'
  | 'setgid'
  | 'setgroups'
  | 'sethostname'
  | 'setns'
  | 'setpgid'
  | 'setpriority'
  | 'setsid'
  | 'setuid'
  | 'socket'
  | 'umask'
  | 'umount2'
  | 'unshare'
  | 'write'

export type Arch = 'x64' | 'arm64'

type Numbers = Readonly<Record<SyscallName, number>>

const x64: Numbers = {
  capset: 126,
  chdir: 80,
  chroot: 161,
  clone: 56,
  close: 3,
  close_range: 436,
  dup3: 292,
  fchdir: 81,
  fcntl: 72,
  fsconfig: 431,
  fsmount: 432,
  fsopen: 430,
  getpid: 39,
  getppid: 110,
  ioctl: 16,
  ioprio_set: 251,
  mount: 165,
  mount_setattr: 442,
  move_mount: 429,
  open_tree: 428,
  openat: 257,
  openat2: 437,
  personality: 135,
  pidfd_open: 434,
  pivot_root: 155,
  prctl: 157,
  prlimit64: 302,
  ptrace: 101,
  rt_sigaction: 13,
  rt_sigprocmask: 14,
  sched_setaffinity: 203,
  sched_setattr: 314,
  sched_setscheduler: 144,
  seccomp: 317,
  setgid: 106,
  setgroups: 116,
  sethostname: 170,
  setns: 308,
  setpgid: 109,
  setpriority: 141,
  setsid: 112,
  setuid: 105,
  socket: 41,
  umask: 95,
  umount2: 166,
  unshare: 272,
  write: 1,
}

const arm64: Numbers = {
  capset: 91,
  chdir: 49,
  chroot: 51,
  clone: 220,
  close: 57,
  close_range: 436,
  dup3: 24,
  fchdir: 50,
  fcntl: 25,
  fsconfig: 431,
  fsmount: 432,
  fsopen: 430,
  getpid: 172,
  getppid: 173,
  ioctl: 29,
  ioprio_set: 30,
  mount: 40,
  mount_setattr: 442,
  move_mount: 429,
  open_tree: 428,
  openat: 56,
  openat2: 437,
  personality: 92,
  pidfd_open: 434,
  pivot_root: 41,
  prctl: 167,
  prlimit64: 261,
  ptrace: 117,
  rt_sigaction: 134,
  rt_sigprocmask: 135,
  sched_setaffinity: 122,
  sched_setattr: 274,
  sched_setscheduler: 119,
  seccomp: 277,
  setgid: 144,
  setgroups: 159,
  sethostname: 161,
  setns: 268,
  setpgid: 154,
  setpriority: 140,
  setsid: 157,
  setuid: 146,
  socket: 198,
  umask: 166,
  umount2: 39,
  unshare: 97,
  write: 64,
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
