import {PlanError} from '../../errors.js'
import {isOn} from '../option.js'
import type {StepKind} from '../step.js'

const PTRACE_TRACEME = 0

export const ptraceStop: StepKind<'ptrace_stop'> = {
  kind: 'ptrace_stop',
  summary:
    'Stop before the program’s first instruction. Behind all that may be seen of the housekeeping, and with signals let in: one that came between this and execve would stop the child too early.',
  options: [
    {
      name: 'ptrace-stop',
      summary: 'stop the program before its first instruction, for a debugger to take; SIGCONT lets it go on',
    },
  ],
  read: values => (isOn(values, 'ptrace-stop') ? {kind: 'ptrace_stop'} : undefined),
  check(_, steps) {
    if (steps.some(({kind}) => kind === 'seccomp'))
      throw new PlanError('E_STEPS', '--ptrace-stop and --seccomp exclude each other', {
        why: 'where the filter ends the traced child by a signal before execve, it would stop, and its tracer sleep, for ever',
        next: 'one in the other: spawnctl exec --ptrace-stop -- spawnctl exec --seccomp FILE -- PROGRAM',
      })
  },
  lower(_, script) {
    const {letsGo, processes} = script.situation
    if (!letsGo)
      throw new PlanError('E_REFUSED', 'nobody would let the program go that stops at its start', {
        why: 'its tracer is the thread that made it, which has to wait for the stop; spawnctl exec does',
        next: 'spawnctl exec --ptrace-stop',
      })
    if (processes > 1)
      throw new PlanError('E_REFUSED', 'spawnctl-init would be the tracer of the program, and does not let it go', {
        next: 'leave --init and pid namespaces of others out; --method clone makes a new one without it',
      })
    script.call('ptrace', [PTRACE_TRACEME, 0, 0, 0])
  },
  posixSpawnRefuses: () => 'it has no attribute for tracing',
  explain: (_, errno) =>
    errno === 'EPERM'
      ? {
          why: 'it is traced already, by strace or a debugger, or kernel.yama.ptrace_scope is 3',
          next: 'sysctl kernel.yama.ptrace_scope; run it without the tracer',
        }
      : undefined,
  describe: () => 'stop before the first instruction',
}
