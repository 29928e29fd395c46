import type {Supervision} from '../plan/supervision.js'
import type {ToldCall} from './opening-calls.js'

/** What there is to be ended and put away. */
export interface Ending {
  readonly supervision: Supervision
  readonly isKept: boolean
  /** The word for cgroup.kill; undefined without a control group that has one. */
  readonly cgroupKill: string | undefined
  /** Directories of control groups that were made. */
  readonly cgroups: readonly string[]
  /** The word for the caller's end of the zygote's socket. */
  readonly zygote: string | undefined
}

function timerText(ms: number): string {
  const value = `{tv_sec=${Math.floor(ms / 1000)}, tv_usec=${Math.round((ms % 1000) * 1000)}}`
  return `setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value=${value}}, NULL)`
}

function treeCalls(by: ToldCall['by'], cgroupKill: string | undefined): readonly ToldCall[] {
  const reason = 'the end of all that was started and has come here as an orphan, until there is nothing left'
  return [
    ...(cgroupKill === undefined
      ? []
      : [{by, call: `write(${cgroupKill}, "1", 1)`, reason: 'the end of all that is in the control group'}]),
    {by, call: 'openat(AT_FDCWD, "/proc/self/task/…/children", O_RDONLY|O_CLOEXEC) = $orphans', reason},
    {by, call: 'read($orphans, "$orphan …", …)', reason},
    {by, call: 'kill($orphan, SIGKILL)', reason},
    {by, call: 'waitid(P_ALL, 0, {…, si_pid=$orphan, …}, WEXITED|__WALL, NULL)', reason},
  ]
}

/** While the program runs, and when it has ended. */
export function endingCalls({supervision, isKept, cgroupKill, cgroups, zygote}: Ending): readonly ToldCall[] {
  const by = isKept ? 'keeper' : 'caller'
  const {timeoutMs, killTree} = supervision
  return [
    ...(timeoutMs > 0 ? [{by, call: timerText(timeoutMs), reason: 'the program’s time'} as const] : []),
    {
      by,
      call: `waitid(${isKept ? 'P_ALL, 0' : 'P_PIDFD, …'}, {…}, WEXITED|WSTOPPED|WNOWAIT|__WALL, NULL)`,
      reason: 'until the program has ended',
    },
    ...(killTree ? treeCalls(by, cgroupKill) : []),
    ...(isKept
      ? [
          {
            by: 'caller',
            call: 'waitid(P_PIDFD, …, {…}, WEXITED|WSTOPPED|WNOWAIT|__WALL, NULL)',
            reason: 'until the keeper has ended',
          } as const,
        ]
      : []),
    ...cgroups.map(
      directory =>
        ({
          by: 'caller',
          call: `rmdir(${JSON.stringify(directory)})`,
          reason: 'the control group, when nobody is in it any more',
        }) as const,
    ),
    ...(zygote === undefined
      ? []
      : [{by: 'caller', call: `close(${zygote})`, reason: 'its end-of-file ends the zygote'} as const]),
  ]
}
