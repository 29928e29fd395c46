import {PlanError, UsageError} from '../../errors.js'
import {lastValue} from '../option.js'
import {noProc} from '../proc.js'
import type {StepKind} from '../step.js'

const most = 1000

export const oomScoreAdj: StepKind<'oom_score_adj'> = {
  kind: 'oom_score_adj',
  summary: 'How gladly the kernel kills it when memory runs out. Before the identity, for less wants a privilege.',
  options: [
    {
      name: 'oom-score-adj',
      value: 'N',
      summary: 'make the kernel kill it first (1000) or never (-1000) when memory runs out',
    },
  ],
  read(values) {
    const text = lastValue(values, 'oom-score-adj')
    if (text === undefined) return undefined
    if (!/^[+-]?\d+$/.test(text) || Math.abs(Number(text)) > most)
      throw new UsageError(`--oom-score-adj wants a whole number from -${most} to ${most}, not "${text}"`, {
        why: `${most} makes it the first to be killed, -${most} one that never is`,
        next: `--oom-score-adj ${most}`,
      })
    return {kind: 'oom_score_adj', value: Number(text)}
  },
  check(step) {
    if (!Number.isInteger(step.value) || Math.abs(step.value) > most)
      throw new PlanError('E_STEPS', `${step.value} is no OOM score adjustment: from -${most} to ${most}`)
  },
  lower: (step, script) => script.writeFile('/proc/self/oom_score_adj', String(step.value)),
  posixSpawnRefuses: () => 'it has no attribute for the OOM score',
  refuses: (_, {besideCaller}) =>
    besideCaller ? 'the OOM score belongs to the memory, and the caller would get it as well' : undefined,
  explain(_, errno) {
    if (errno === 'ENOENT') return noProc('through which it is set')
    if (errno !== 'EACCES') return undefined
    return {
      why: 'only CAP_SYS_RESOURCE may set it below the least value that the caller ever had',
      next: 'cat /proc/self/oom_score_adj; give that, or more',
    }
  },
  describe: step => `OOM score adjustment ${step.value}`,
}
