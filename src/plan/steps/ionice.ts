import {PlanError, UsageError} from '../../errors.js'
import {lastValue} from '../option.js'
import type {IoClass, StepKind} from '../step.js'

const IOPRIO_WHO_PROCESS = 1
const classShift = 13
const classes: readonly IoClass[] = ['none', 'realtime', 'best-effort', 'idle']
const usualLevel = 4
const lowestLevel = 7

function hasLevels(name: IoClass): boolean {
  return name === 'realtime' || name === 'best-effort'
}

export const ionice: StepKind<'ionice'> = {
  kind: 'ionice',
  summary: 'Priority for disks. After the niceness, which it follows where nothing is said.',
  options: [
    {
      name: 'ionice',
      value: 'CLASS[:LEVEL]',
      summary: `priority for disks, as ionice: ${classes.join(', ')} or 0 to 3; LEVEL is 0, the highest, to 7`,
    },
  ],
  read(values) {
    const text = lastValue(values, 'ionice')
    if (text === undefined) return undefined
    const [name, level, more] = text.split(':') as [string, string?, string?]
    const found = /^[0-3]$/.test(name) ? classes[Number(name)] : classes.find(candidate => candidate === name)
    if (
      found === undefined ||
      more !== undefined ||
      (level !== undefined && !(hasLevels(found) && /^[0-7]$/.test(level)))
    )
      throw new UsageError(`--ionice wants CLASS or CLASS:LEVEL, not "${text}"`, {
        why: `the classes are ${classes.join(', ')}; realtime and best-effort have the levels 0 to 7`,
        next: '--ionice idle, or --ionice best-effort:7',
      })
    const levelUnsaid = found === 'idle' ? lowestLevel : found === 'none' ? 0 : usualLevel // as ionice(1) has them
    return {kind: 'ionice', class: found, level: Number(level ?? levelUnsaid)}
  },
  check(step) {
    if (!Number.isInteger(step.level) || step.level < 0 || step.level > lowestLevel)
      throw new PlanError('E_STEPS', `${step.level} is no level of ionice: from 0 to ${lowestLevel}`)
  },
  lower(step, script) {
    const priority = (classes.indexOf(step.class) << classShift) | step.level
    script.call('ioprio_set', [IOPRIO_WHO_PROCESS, 0, priority])
  },
  posixSpawnRefuses: () => 'it has no attribute for the priority of disks',
  explain: (step, errno) =>
    errno === 'EPERM'
      ? {why: `${step.class} wants CAP_SYS_NICE or CAP_SYS_ADMIN`, next: 'run it with sudo, or use best-effort'}
      : undefined,
  describe: step => `disk priority ${step.class}${hasLevels(step.class) ? ` ${step.level}` : ''}`,
}
