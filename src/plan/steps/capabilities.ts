import {type Advice, PlanError, UsageError} from '../../errors.js'
import {allCapabilities, type Capabilities, describeCapabilities, readCapabilities} from '../capability-names.js'
import {isOn, lastValue, type OptionValues} from '../option.js'
import {words32} from '../script.js'
import type {StepKind, Surroundings} from '../step.js'
import {joinsUserNamespace} from './join.js'
import {makesUserNamespace} from './unshare.js'

const PR_SET_KEEPCAPS = 8
const PR_CAPBSET_DROP = 24
const PR_CAP_AMBIENT = 47
const PR_CAP_AMBIENT_RAISE = 2
const PR_CAP_AMBIENT_CLEAR_ALL = 4
/** Two words for each set; the pid 0 is the caller itself. */
const _LINUX_CAPABILITY_VERSION_3 = 0x20080522
/** More than these are counted instead. */
const mostNamed = 8
const posixSpawnRefusal = 'it has no attribute for capabilities'

function entersUserNamespace(values: OptionValues, surroundings: Surroundings): boolean {
  return makesUserNamespace(values) || joinsUserNamespace(values, surroundings)
}

interface Wish {
  drop: readonly number[]
  ambient: readonly number[]
  permitted: readonly number[]
  inheritable: readonly number[]
}

/** What the child has when its capabilities are to be set: in a new user namespace, or that of another, all of them. */
function capabilitiesThere(values: OptionValues, surroundings: Surroundings): Capabilities {
  const own = surroundings.capabilities()
  if (!entersUserNamespace(values, surroundings)) return own
  return {...own, permitted: allCapabilities(own.last), inheritable: []}
}

/** --cap-add is excepted from --cap-drop, and made ambient, so that a user without privileges keeps it. */
function readWish(values: OptionValues, surroundings: Surroundings): Wish | undefined {
  const [dropText, addText, ambientText] = ['cap-drop', 'cap-add', 'ambient-caps'].map(name => values[name]?.join(','))
  if (dropText === undefined && addText === undefined && ambientText === undefined) return undefined
  const own = capabilitiesThere(values, surroundings)
  const read = (text: string | undefined, option: string) =>
    text === undefined ? [] : readCapabilities(text, option, own.last)
  const added = read(addText, 'cap-add')
  const ambient = [...new Set([...added, ...read(ambientText, 'ambient-caps')])].sort((a, b) => a - b)
  const drop = read(dropText, 'cap-drop').filter(capability => !added.includes(capability))
  const contradiction = ambient.filter(capability => drop.includes(capability))
  if (contradiction.length > 0)
    throw new UsageError(`--ambient-caps ${describeCapabilities(contradiction)}: --cap-drop takes it away`, {
      next: `--cap-add ${describeCapabilities(contradiction)} excepts it from --cap-drop, and makes it ambient`,
    })
  const kept = (set: readonly number[]) => set.filter(capability => !drop.includes(capability))
  return {
    drop,
    ambient,
    permitted: kept(own.permitted),
    inheritable: [...new Set([...kept(own.inheritable), ...ambient])].sort((a, b) => a - b),
  }
}

/** Whether the change of user takes all capabilities away, unless they are kept. */
function becomesOrdinary(values: OptionValues, surroundings: Surroundings): boolean {
  const [name, uid] = [lastValue(values, 'user')?.split(':')[0], lastValue(values, 'uid')]
  return (name === undefined ? Number(uid ?? 0) : surroundings.findUser(name).uid) !== 0
}

/** Whether a right is needed after the change of user that the change would take away. */
function needsCapabilities(values: OptionValues, surroundings: Surroundings): boolean {
  const ambient = readWish(values, surroundings)?.ambient ?? []
  const needed = ambient.length > 0 || lastValue(values, 'securebits') !== undefined
  return needed && becomesOrdinary(values, surroundings)
}

function keeps(values: OptionValues, surroundings: Surroundings): boolean {
  return isOn(values, 'keep-caps') || needsCapabilities(values, surroundings)
}

function checkAll(capabilities: readonly number[]): void {
  for (const capability of capabilities)
    if (!Number.isInteger(capability) || capability < 0 || capability > 63)
      throw new PlanError('E_STEPS', `${capability} is no capability`)
}

/** The lower 32 of 64, then the upper. */
function halves(capabilities: readonly number[]): [number, number] {
  const mask = capabilities.reduce((bits, capability) => bits | (1n << BigInt(capability)), 0n)
  return [Number(mask & 0xffffffffn), Number(mask >> 32n)]
}

function explain(_: unknown, errno: string): Advice | undefined {
  switch (errno) {
    case 'EPERM':
      return {
        why: 'a capability can be given only if the caller has it, and the bounding set changed only with setpcap',
        next: 'grep Cap /proc/self/status; capsh --decode=… tells the names',
      }
    case 'EINVAL':
      return {why: 'this kernel does not know one of them', next: 'cat /proc/sys/kernel/cap_last_cap'}
  }
  return undefined
}

export const bounding: StepKind<'bounding'> = {
  kind: 'bounding',
  summary: 'Capabilities that nothing can give back. Before the identity, for it takes a privilege.',
  options: [
    {
      name: 'cap-drop',
      value: 'LIST',
      multiple: true,
      summary: 'take these capabilities away for good, names with commas or "all": net_raw,sys_admin',
    },
  ],
  read(values, surroundings) {
    const {drop = []} = readWish(values, surroundings) ?? {}
    return drop.length === 0 ? undefined : {kind: 'bounding', drop}
  },
  check: step => checkAll(step.drop),
  lower(step, script) {
    for (const capability of step.drop) script.call('prctl', [PR_CAPBSET_DROP, capability, 0, 0, 0])
  },
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain,
  describe: step => `bounding set without ${describeCapabilities(step.drop)}`,
}

export const keepcaps: StepKind<'keepcaps'> = {
  kind: 'keepcaps',
  summary: 'Keep permitted capabilities over the change of user. Before it; execve ends it.',
  options: [
    {
      name: 'keep-caps',
      summary:
        'keep permitted capabilities over the change of user, up to execve; the program has them by --ambient-caps, which needs no --keep-caps',
    },
  ],
  read: (values, surroundings) => (keeps(values, surroundings) ? {kind: 'keepcaps'} : undefined),
  lower: (_, script) => script.call('prctl', [PR_SET_KEEPCAPS, 1, 0, 0, 0]),
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain,
  describe: () => 'keep capabilities over the change of user',
}

export const capabilities: StepKind<'capabilities'> = {
  kind: 'capabilities',
  changesCredentials: true,
  summary: 'Permitted, effective and inheritable capabilities. After the uid, whose change empties the effective ones.',
  options: [
    {
      name: 'cap-add',
      value: 'LIST',
      multiple: true,
      summary: 'what --cap-drop shall leave; also ambient, so that a user without privileges has it',
    },
  ],
  read(values, surroundings) {
    const wish = readWish(values, surroundings)
    if (wish === undefined && !needsCapabilities(values, surroundings)) return undefined
    const {permitted, inheritable} = wish ?? capabilitiesThere(values, surroundings)
    const isLeft = keeps(values, surroundings) || !becomesOrdinary(values, surroundings)
    return {kind: 'capabilities', permitted: isLeft ? permitted : [], inheritable}
  },
  check: step => checkAll([...step.permitted, ...step.inheritable]),
  lower(step, script) {
    const [[p0, p1], [i0, i1]] = [halves(step.permitted), halves(step.inheritable)]
    const head = script.pool.bytes(words32([_LINUX_CAPABILITY_VERSION_3, 0]))
    script.call('capset', [head, script.pool.bytes(words32([p0, p0, i0, p1, p1, i1]))])
  },
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain,
  describe: ({permitted, inheritable}) => {
    const count = permitted.length
    const words = count > mostNamed ? `${count} permitted` : `permitted ${describeCapabilities(permitted)}`
    return `capabilities ${words}, inheritable ${describeCapabilities(inheritable)}`
  },
}

export const ambient: StepKind<'ambient'> = {
  kind: 'ambient',
  summary:
    'Capabilities that a program without privileges keeps over execve. After the uid, whose change empties them.',
  options: [
    {
      name: 'ambient-caps',
      value: 'LIST',
      multiple: true,
      summary: 'let the program have these though its user has none: net_bind_service; "none" for none',
    },
  ],
  read(values, surroundings) {
    const wish = readWish(values, surroundings)
    const asked = values['ambient-caps'] !== undefined || values['cap-add'] !== undefined
    return wish !== undefined && asked ? {kind: 'ambient', capabilities: wish.ambient} : undefined
  },
  check: step => checkAll(step.capabilities),
  lower(step, script) {
    script.call('prctl', [PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0])
    for (const capability of step.capabilities)
      script.call('prctl', [PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0])
  },
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain,
  describe: step => `ambient capabilities ${describeCapabilities(step.capabilities)}`,
}
