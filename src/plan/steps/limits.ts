import {type Advice, PlanError, UsageError} from '../../errors.js'
import type {OptionValues} from '../option.js'
import {exceeds, type Limit, type LimitValue, type ResourceName, resourceNames, resourceNumbers} from '../resource.js'
import {type ScriptWriter, words64} from '../script.js'
import type {StepKind, Surroundings} from '../step.js'
import {binaryUnits} from '../units.js'

const RLIM_INFINITY = 0xffffffffffffffffn
const posixSpawnRefusal = 'it has no attribute for limits: the child would have the caller’s'

function limitValue(text: string, option: string): LimitValue {
  if (text === 'unlimited' || text === 'infinity') return 'unlimited'
  const [, digits, unit] = /^(\d+)([KMGT]?)$/.exec(text) ?? []
  const value = Number(digits) * (binaryUnits[unit ?? ''] ?? Number.NaN)
  if (Number.isSafeInteger(value)) return value
  throw new UsageError(`--rlimit ${option}: "${text}" is no limit`, {
    next: 'a whole number, also with K, M, G or T, or "unlimited"',
  })
}

function lowest(one: LimitValue, other: LimitValue): LimitValue {
  return exceeds(one, other) ? other : one
}

/** "5" is both, "5:9" soft and hard, "5:" the soft one alone, ":9" the hard one alone: as prlimit(1). */
function readLimit(option: string, surroundings: Surroundings): [ResourceName, Limit] {
  const equals = option.indexOf('=')
  const name = option.slice(0, Math.max(equals, 0)) as ResourceName
  if (!resourceNames.includes(name))
    throw new UsageError(`--rlimit wants NAME=SOFT[:HARD], not "${option}"`, {
      next: `a name of ${resourceNames.join(' ')}: --rlimit nofile=1024:4096`,
    })
  const text = option.slice(equals + 1)
  const colon = text.indexOf(':')
  const [soft, hard] = colon < 0 ? [text, text] : [text.slice(0, colon), text.slice(colon + 1)]
  if (soft === '' && hard === '')
    throw new UsageError(`--rlimit ${option} names no limit`, {
      next: `--rlimit ${name}=unlimited, or ${name}=SOFT:HARD`,
    })
  const now = soft === '' || hard === '' ? surroundings.findLimit(name) : undefined
  const most = hard === '' && now ? now.hard : limitValue(hard, option)
  // Node has raised the soft limit nofile to the hard one, so that it may be too high is nobody's wish.
  const kept = soft === '' && now ? lowest(now.soft, most) : limitValue(soft, option)
  return [name, {soft: kept, hard: most}]
}

function readLimits(values: OptionValues, surroundings: Surroundings): Partial<Record<ResourceName, Limit>> {
  return Object.fromEntries((values.rlimit ?? []).map(option => readLimit(option, surroundings)))
}

function checkLimit(name: ResourceName, {soft, hard}: Limit): void {
  for (const value of [soft, hard])
    if (value !== 'unlimited' && !(Number.isSafeInteger(value) && value >= 0))
      throw new PlanError('E_STEPS', `${value} is no limit for ${name}`)
  if (exceeds(soft, hard))
    throw new PlanError('E_STEPS', `the soft limit ${soft} for ${name} is above the hard one, ${hard}`, {
      next: 'lower the first, or raise the second: NAME=SOFT:HARD',
    })
}

function setLimit(script: ScriptWriter, name: ResourceName, {soft, hard}: Limit): void {
  const [cur, max] = [soft, hard].map(value => (value === 'unlimited' ? RLIM_INFINITY : BigInt(value)))
  const limit = script.pool.bytes(words64(cur as bigint, max as bigint))
  script.call('prlimit64', [0, resourceNumbers[name], limit, 0])
}

function describeLimit(name: string, {soft, hard}: Limit): string {
  return `${name} ${soft === hard ? soft : `${soft}:${hard}`}`
}

function explain(_: unknown, errno: string): Advice | undefined {
  if (errno !== 'EPERM') return undefined
  return {
    why: 'a hard limit may only be lowered without CAP_SYS_RESOURCE, and nofile never raised above fs.nr_open',
    next: 'ulimit -aH shows the hard limits; cat /proc/sys/fs/nr_open',
  }
}

export const rlimits: StepKind<'rlimits'> = {
  kind: 'rlimits',
  summary:
    'Limits, but for the number of descriptors. Before the identity, which may give the right to raise them away.',
  options: [
    {
      name: 'rlimit',
      value: 'NAME=SOFT[:HARD]',
      multiple: true,
      summary: `limit a resource, as prlimit does: one value for both, "SOFT:" or ":HARD" for one; ${resourceNames.join(' ')}`,
    },
  ],
  read(values, surroundings) {
    const {nofile: _, ...limits} = readLimits(values, surroundings)
    return Object.keys(limits).length === 0 ? undefined : {kind: 'rlimits', limits}
  },
  check(step) {
    for (const [name, limit] of Object.entries(step.limits)) checkLimit(name as ResourceName, limit)
    if (step.limits.nofile !== undefined)
      throw new PlanError('E_STEPS', 'the limit nofile is a step of its own', {next: "{kind: 'nofile', limit}"})
  },
  lower(step, script) {
    for (const [name, limit] of Object.entries(step.limits)) setLimit(script, name as ResourceName, limit)
  },
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain,
  describe: step =>
    `limits ${Object.entries(step.limits)
      .map(([name, limit]) => describeLimit(name, limit))
      .join(', ')}`,
}

export const nofile: StepKind<'nofile'> = {
  kind: 'nofile',
  summary: 'The limit on descriptors. After they are placed: a number above it would be refused.',
  options: [],
  read(values, surroundings) {
    const {nofile: limit} = readLimits(values, surroundings)
    return limit && {kind: 'nofile', limit}
  },
  check: step => checkLimit('nofile', step.limit),
  lower: (step, script) => setLimit(script, 'nofile', step.limit),
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain,
  describe: step => `limit ${describeLimit('nofile', step.limit)}`,
}
