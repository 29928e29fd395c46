import type {Chart} from './chart.js'

export const advice: Chart['leaves'] = {
  posix_spawn: {
    method: 'posix_spawn',
    why:
      'Everything the child needs can be said in file actions and attributes, so the library writes the dangerous ' +
      'part for you. glibc creates the child as vfork does: no mappings are copied, and the time does not grow with ' +
      "the caller's memory. It is also POSIX.",
    hazards: [
      'You cannot go beyond what the file actions and attributes offer: the first step outside of it means another method.',
      'What they offer depends on glibc: setsid came with 2.26, chdir with 2.29, closefrom with 2.34, tcsetpgrp with 2.35, pidfd and cgroup with 2.39.',
      'A failure is one errno for the whole script: it does not say which step failed, nor whether ENOENT means the program, its interpreter or the working directory.',
      'Ignored signals stay ignored unless you name them: Node ignores SIGPIPE, and a child that inherits this never learns that its reader has gone.',
      'The calling thread sleeps until the child has called exec, however slow the file system is.',
      'Descriptors without close-on-exec reach the child, including those that other threads open at that moment.',
    ],
  },
  fork: {
    method: 'fork',
    why:
      'With a single thread the child is a whole copy of the program, and the housekeeping is ordinary code: any ' +
      'call, any library. Speed does not matter here, so the copying of the mappings does no harm.',
    hazards: [
      'It holds only as long as there is one thread: a library that starts a second one makes the child unsafe, and fork does not tell you.',
      'The time grows with the memory touched and with the number of mappings, and goes on after the call, when both sides take page faults for what they write.',
      'Signal handlers are copied too: block all signals around fork, and reset the handlers in the child before you unblock them.',
      "Leave the child by _exit when exec fails: exit would run the parent's exit handlers and write out its buffers a second time.",
      "Descriptors without close-on-exec are copied, and a copy of a pipe's writing end means that its reader never sees the end of the file.",
      'Where overcommit is strict, fork of a large process fails with ENOMEM, although the child would never use that memory.',
    ],
  },
  zygote: {
    method: 'zygote',
    why:
      'The zygote is forked while the program is still small and has one thread, and stays so. It forks the children ' +
      'for you, so the housekeeping is ordinary code and fork safety is no concern, whatever threads the program has ' +
      'started since.',
    hazards: [
      'It has to exist before the first thread does; where the runtime starts threads by itself, the zygote must be an executable of its own.',
      'Each child costs a message and an answer, and descriptors have to be sent along: SCM_RIGHTS takes at most 253 at a time.',
      "It still forks, so every child costs the copying of a small process's mappings.",
      "umask, limits, cgroup, namespaces and environment are those of the zygote's start: the request has to carry the ones you want.",
      "The children are the zygote's, which has to report their ends to you, unless it creates them with CLONE_PARENT.",
      'The zygote can die: notice it, fail the requests in flight clearly, and start a new one.',
    ],
  },
  vfork: {
    method: 'vfork',
    why:
      'vfork copies no mappings, so it is fast at every size, and it exists beyond Linux. You have accepted that the ' +
      "child runs in the caller's memory, where only the most restricted housekeeping is safe.",
    hazards: [
      'It returns twice on one stack: call it from a function that is never inlined and that the child never returns from; languages whose compilers do not know such calls (Rust, Go) cannot use it.',
      'Every write of the child is a write in the parent, errno and thread-local storage included: make raw system calls and nothing else.',
      'The manual leaves nearly everything but exec and _exit undefined in the child, and POSIX dropped vfork in 2008: you rely on what systems really do.',
      'The calling thread sleeps until exec or _exit: a child that is stopped, or that blocks in open on a FIFO, holds it for ever.',
      "Block all signals first and reset the handlers in the child before you unblock them, or the parent's handlers run on the parent's memory.",
      "setuid in the child clears the dumpable flag that both share, and libc's setuid signals the parent's threads: use the raw call, and put the flag back.",
      'Emulators such as qemu-user make it a fork: report errors by a pipe or by shared memory, not by a variable.',
    ],
  },
  clone: {
    method: 'clone',
    why:
      'clone is the call beneath all the others. With CLONE_VM and CLONE_VFORK it is as fast as vfork at every size, ' +
      'gives the child a stack of its own, so that nothing returns twice, and its flags make namespaces, a pidfd and ' +
      'a place in a cgroup part of the creation.',
    hazards: [
      'The stack is yours to provide: use whole pages with a guard page below and link with -z now, since lazy binding alone took 3240 bytes of it when we measured.',
      'With CLONE_VM every write of the child is a write in the parent, errno and thread-local storage included: make raw system calls and nothing else.',
      'Without CLONE_VFORK the parent runs on, so the stack and all that the child reads must last until exec; the end-of-file of a close-on-exec pipe tells when.',
      'With CLONE_VFORK the calling thread sleeps until exec or _exit, however long a stopped child or a slow file system takes.',
      "Block all signals first and reset the handlers in the child before you unblock them, or the parent's handlers run on the parent's memory.",
      "setuid in the child clears the dumpable flag that both share, and libc's setuid signals the parent's threads: use the raw call, and put the flag back.",
      'Containers and old kernels refuse clone3 (ENOSYS, EPERM, EINVAL): fall back to clone, whose libc wrapper silently loses flags above bit 31.',
    ],
  },
}
