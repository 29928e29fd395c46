import type {Supervision} from '../plan/supervision.js'
import {closingCalls, type ToldCall} from './opening-calls.js'

/** The keeper, as the process between spawnctl and the program comes to be; what follows is done by it. */
export function keeperCalls({killTree}: Supervision, files: readonly string[]): readonly ToldCall[] {
  const by = 'keeper'
  const caller = 'the keeper, which outlives a killed spawnctl; what follows is done by it'
  const adopts = 'orphans of the program come to it'
  const ofItsOwn = 'without a terminal it leaves the process group of its caller'
  const goesOn = 'the terminal cannot stop it'
  const follows = 'it is told when spawnctl has ended, and sees whether that has happened already'
  return [
    ...(killTree
      ? [
          {
            by: 'caller',
            call: 'prctl(PR_SET_CHILD_SUBREAPER, 1)',
            reason: 'orphans of a killed keeper come to spawnctl',
          } as const,
        ]
      : []),
    {by: 'caller', call: 'rt_sigprocmask(SIG_SETMASK, ~[], [], 8)', reason: caller},
    {
      by: 'caller',
      call: 'clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD) = $keeper',
      reason: caller,
    },
    ...closingCalls('caller', files),
    {by: 'caller', call: 'rt_sigprocmask(SIG_SETMASK, [], NULL, 8)', reason: caller},
    {by: 'caller', call: 'pidfd_open($keeper, 0)', reason: 'what the keeper is waited for and signalled by'},
    {by, call: 'openat(AT_FDCWD, "/dev/tty", O_RDONLY|O_NOCTTY|O_CLOEXEC)', reason: `${ofItsOwn}: setpgid(0, 0)`},
    {by, call: 'rt_sigaction(SIGRT_32, {…}, NULL, 8)', reason: follows},
    {by, call: 'rt_sigaction(SIGTTIN, {…}, NULL, 8)', reason: goesOn},
    {by, call: 'rt_sigaction(SIGTTOU, {…}, NULL, 8)', reason: goesOn},
    {by, call: 'rt_sigaction(SIGTSTP, {…}, NULL, 8)', reason: goesOn},
    {by, call: 'prctl(PR_SET_NAME, "spawnctl-keeper"...)', reason: 'what ps calls it'},
    {by, call: 'prctl(PR_SET_PDEATHSIG, SIGRT_32)', reason: follows},
    {by, call: 'prctl(PR_SET_CHILD_SUBREAPER, 1)', reason: adopts},
    {by, call: 'rt_sigprocmask(SIG_SETMASK, [], NULL, 8)', reason: 'signals as they were'},
    {by, call: 'getppid()', reason: follows},
  ]
}
