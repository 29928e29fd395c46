import {PlanError, UsageError} from '../../errors.js'
import {lastValue, type OptionValues, refuseEmpty} from '../option.js'
import {pidLimit} from '../pids.js'
import type {Cgroup, CgroupLimits, StepKind} from '../step.js'
import {binaryUnits} from '../units.js'

const usPerPeriod = 100_000
const leastUs = 1000
const mostPeriodUs = 1_000_000
const mostCpuPercent = 1_000_000

function memory(text: string): number {
  const [, number, unit] = /^(\d+)([KMGT]?)$/i.exec(text) ?? []
  const bytes = Number(number) * (binaryUnits[(unit ?? '').toUpperCase()] as number)
  if (number !== undefined && Number.isSafeInteger(bytes)) return bytes
  throw new UsageError(`--memory-max wants bytes, not "${text}"`, {next: '--memory-max 512M (K, M, G or T)'})
}

function processes(text: string): number {
  if (/^[1-9]\d*$/.test(text) && Number(text) <= pidLimit) return Number(text)
  throw new UsageError(`--pids-max wants a number of processes and threads, not "${text}"`, {next: '--pids-max 100'})
}

/** "50%" of one processor as in systemd's CPUQuota, or what cpu.max takes: "50000 100000". */
function processorTime(text: string): {quotaUs: number; periodUs: number} {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? []
  const [, quota, period] = /^(\d+)[ /](\d+)$/.exec(text) ?? []
  const time =
    percent === undefined
      ? {quotaUs: Number(quota), periodUs: Number(period)}
      : {quotaUs: Math.round((Number(percent) / 100) * usPerPeriod), periodUs: usPerPeriod}
  const {quotaUs, periodUs} = time
  const isPossible = quotaUs >= leastUs && periodUs >= leastUs && periodUs <= mostPeriodUs
  if (isPossible && quotaUs / periodUs <= mostCpuPercent / 100) return time
  throw new UsageError(`--cpu-max wants a share of one processor, not "${text}"`, {
    why: 'the kernel wants a quota of at least 1000 µs, and a period of 1000 to 1000000 µs',
    next: '--cpu-max 50%, 150%, or QUOTA/PERIOD in microseconds: 50000/100000',
  })
}

function readLimits(values: OptionValues): CgroupLimits | undefined {
  const [bytes, pids, cpu] = ['memory-max', 'pids-max', 'cpu-max'].map(name => lastValue(values, name))
  const limits = {
    ...(bytes !== undefined && {memoryMax: memory(bytes)}),
    ...(pids !== undefined && {pidsMax: processes(pids)}),
    ...(cpu !== undefined && {cpuMax: processorTime(cpu)}),
  }
  return Object.keys(limits).length === 0 ? undefined : limits
}

function describeLimits({memoryMax, pidsMax, cpuMax}: CgroupLimits): string {
  const parts = [
    memoryMax !== undefined && `${memoryMax} bytes`,
    pidsMax !== undefined && `${pidsMax} processes`,
    cpuMax !== undefined && `${cpuMax.quotaUs} of ${cpuMax.periodUs} µs`,
  ]
  return parts.filter(Boolean).join(', ')
}

function place({path, limits}: Cgroup): string {
  if (limits === undefined) return path as string
  return `${path === undefined ? 'of its own' : `below ${path}`} (${describeLimits(limits) || 'without limits'})`
}

export const cgroup: StepKind<'cgroup'> = {
  kind: 'cgroup',
  summary:
    'Control group. Before all else that counts memory or time, with the rights of outside; before the cgroup namespace, which begins at it. With version 2 clone3 creates the child in it.',
  options: [
    {
      name: 'cgroup',
      value: 'PATH',
      summary:
        'start the program in this control group: a directory of the cgroup file system, or a path below its mount',
    },
    {
      name: 'memory-max',
      value: 'SIZE',
      summary: 'most memory, in a control group of its own (below --cgroup, if given) that is removed afterwards: 512M',
    },
    {name: 'pids-max', value: 'N', summary: 'most processes and threads, in a control group of its own'},
    {
      name: 'cpu-max',
      value: 'PERCENT%',
      summary: 'most processor time, in a control group of its own: 50% of one processor, or QUOTA/PERIOD in µs',
    },
  ],
  read(values) {
    const path = lastValue(values, 'cgroup')
    const limits = readLimits(values)
    refuseEmpty(path, 'cgroup', 'a control group', '/')
    if (path === undefined && limits === undefined) return undefined
    return {kind: 'cgroup', ...(path !== undefined && {path}), ...(limits && {limits})}
  },
  check({path, limits}) {
    if (path === undefined && Object.keys(limits ?? {}).length === 0)
      throw new PlanError('E_STEPS', 'neither a control group nor limits for one are named')
  },
  lower({open}, script) {
    if (open === undefined) throw new Error('the control group must be opened before the plan is lowered')
    for (const {procs, directory} of open) {
      if (directory !== undefined) script.createIn(directory)
      script.call('write', [script.callerDescriptor(procs), script.pool.text('0'), 1])
    }
  },
  // Version 1 has a group for each controller.
  mostSent: ({limits}) => Math.max(1, Object.keys(limits ?? {}).length),
  posixSpawnRefuses: () => 'only glibc 2.39 and later has an attribute for it, and for version 2 alone',
  explain(step, errno) {
    const where = place(step)
    switch (errno) {
      case 'EACCES':
      case 'EPERM':
        return {
          why: `${where}: to move a process one has to own the cgroup.procs of both control groups, and of the one above both`,
          next: 'sudo, or a delegated one: systemd-run --user --scope -p Delegate=yes …',
        }
      case 'EBUSY':
        return {
          why: `${where}: a control group that gives controllers to those below it takes no processes itself`,
          next: 'name one below it',
        }
      case 'EOPNOTSUPP':
        return {why: `${where} is threaded, or of an invalid type`, next: 'cat its cgroup.type'}
      case 'ENOENT':
      case 'ENODEV':
        return {why: `${where} is gone`, next: 'make it: mkdir'}
    }
    return undefined
  },
  describe: step => `control group ${place(step)}`,
}
