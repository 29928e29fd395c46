import {PlanError, UsageError} from '../../errors.js'
import {lastValue} from '../option.js'
import type {StepKind} from '../step.js'

/** More than any kernel is built for; a mask of 1 KiB. */
const mostCpus = 8192
const wordBits = 64

/** "0,2-5,0-31:2" → numbers, ascending: the list of taskset -c and of /sys. */
function readCpus(text: string): readonly number[] {
  const cpus = new Set<number>()
  for (const part of text.split(',')) {
    const [, first, last = first, stride = '1'] = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(part) ?? []
    if (first === undefined || Number(last) < Number(first) || Number(stride) < 1 || Number(last) >= mostCpus)
      throw new UsageError(`--cpus wants a list of processors, not "${text}"`, {next: '--cpus 0,2-3, as taskset -c'})
    for (let cpu = Number(first); cpu <= Number(last); cpu += Number(stride)) cpus.add(cpu)
  }
  return [...cpus].sort((a, b) => a - b)
}

function cpuMask(cpus: readonly number[]): Uint8Array {
  const mask = new Uint8Array((Math.floor((cpus.at(-1) as number) / wordBits) + 1) * (wordBits / 8))
  for (const cpu of cpus) mask[cpu >> 3] = (mask[cpu >> 3] as number) | (1 << (cpu & 7))
  return mask
}

export const cpus: StepKind<'cpus'> = {
  kind: 'cpus',
  summary:
    'The processors that it may run on. After the scheduling policy; a deadline is admitted on all of them alone.',
  options: [{name: 'cpus', value: 'LIST', summary: 'run on these processors only, as taskset -c: 0,2-3'}],
  read(values) {
    const text = lastValue(values, 'cpus')
    return text === undefined ? undefined : {kind: 'cpus', cpus: readCpus(text)}
  },
  check(step, steps) {
    if (steps.some(other => other.kind === 'sched' && other.policy === 'deadline'))
      throw new PlanError('E_STEPS', 'a deadline and a choice of processors exclude each other', {
        why: 'the kernel admits a deadline on all processors of its set alone (sched(7))',
        next: 'keep one; an exclusive cpuset can bind a deadline',
      })
    if (step.cpus.length === 0 || step.cpus.some(cpu => !Number.isInteger(cpu) || cpu < 0 || cpu >= mostCpus))
      throw new PlanError('E_STEPS', `no process can run on the processors "${step.cpus.join(',')}"`)
  },
  lower(step, script) {
    const mask = cpuMask([...step.cpus].sort((a, b) => a - b))
    script.call('sched_setaffinity', [0, mask.length, script.pool.bytes(mask)])
  },
  posixSpawnRefuses: () => 'it has no attribute for the processors',
  explain: (_, errno) =>
    errno === 'EINVAL'
      ? {
          why: 'none of these processors is there, or allowed by the cpuset',
          next: 'grep Cpus_allowed_list /proc/self/status',
        }
      : undefined,
  describe: step => `processors ${step.cpus.join(',')}`,
}
