import {type Advice, PlanError, UsageError} from '../../errors.js'
import {describeMap, type IdMap, mapText, readIdMap, refuseOverlap, withOwn} from '../id-map.js'
import {flagsOf, type Namespace, namespaceFlags, namespaces, neverAtCreation, readNamespace} from '../namespaces.js'
import {isOn, lastValue, type OptionValues} from '../option.js'
import {noProc} from '../proc.js'
import type {ScriptWriter} from '../script.js'
import type {Step, StepKind, Surroundings, Unshare} from '../step.js'
import {entersUserNamespace, identityThere} from './join.js'

type Identity = ReturnType<Surroundings['identity']>

const MS_REC = 0x4000
const MS_PRIVATE = 0x40000
const mapOptions = ['map-root-user', 'map-current-user', 'map-users', 'map-groups', 'setgroups'] as const
/** What can only be meant for a mount namespace of the child's own. */
const mountOptions = ['mount-proc', 'bind', 'tmpfs', 'pivot-root'] as const

/** What --unshare and the options that imply a namespace ask for, in the order of setns. */
function askedNamespaces(values: OptionValues): readonly Namespace[] {
  const asked = lastValue(values, 'unshare')?.split(',') ?? []
  const list = new Set(asked.map(name => readNamespace(name, 'unshare')))
  if (mountOptions.some(name => values[name] !== undefined)) list.add('mount')
  if (mapOptions.some(name => values[name] !== undefined)) list.add('user')
  return namespaces.filter(name => list.has(name))
}

export function makesUserNamespace(values: OptionValues): boolean {
  return askedNamespaces(values).includes('user')
}

/** The program is the first there, whom the kernel sends nothing that it does not handle; save SIGKILL from outside. */
export function isProcess1(values: OptionValues): boolean {
  return askedNamespaces(values).includes('pid') && !isOn(values, 'init')
}

/** Whether the child has a new namespace of this kind. */
export function hasOwn(namespace: Namespace, steps: readonly Step[]): boolean {
  return steps.some(step => step.kind === 'unshare' && step.namespaces.includes(namespace))
}

/** @throws {PlanError} where a step would change what everybody shares */
export function needsOwn(namespace: Namespace, what: string, steps: readonly Step[]): void {
  if (hasOwn(namespace, steps)) return
  throw new PlanError('E_STEPS', `${what} would change the whole machine, for there is no new ${namespace} namespace`, {
    next: `add ${namespace} to --unshare`,
  })
}

function readMaps(values: OptionValues, surroundings: Surroundings): Omit<Unshare, 'kind' | 'namespaces'> {
  const {uid, gid} = identityThere(values, surroundings)
  const [root, current] = [isOn(values, 'map-root-user'), isOn(values, 'map-current-user')]
  if (root && current)
    throw new UsageError('--map-root-user and --map-current-user both say who the caller is', {next: 'keep one'})
  const map = (option: 'map-users' | 'map-groups', id: number): readonly IdMap[] | undefined => {
    const text = lastValue(values, option)
    const ranges =
      text === undefined ? [] : readIdMap(text, option, () => ({inner: 0, ...surroundings.subordinateIds(option)}))
    if (root || current) return withOwn({inner: root ? 0 : id, outer: id, count: 1}, ranges)
    return text === undefined ? undefined : ranges
  }
  const [users, groups] = [map('map-users', uid), map('map-groups', gid)]
  refuseOverlap(users, 'map-users')
  refuseOverlap(groups, 'map-groups')
  const alone = (root || current) && lastValue(values, 'map-groups') === undefined
  const setgroups = (lastValue(values, 'setgroups') as 'allow' | 'deny' | undefined) ?? (alone ? 'deny' : undefined)
  return {...(users && {users}), ...(groups && {groups}), ...(setgroups && {setgroups})}
}

function hasMap({users, groups, setgroups}: Unshare): boolean {
  return users !== undefined || groups !== undefined || setgroups !== undefined
}

/** setgroups before gid_map: who may not drop groups may map one. */
function writeMaps({users, groups, setgroups}: Unshare, script: ScriptWriter): void {
  if (setgroups) script.writeFile('/proc/self/setgroups', setgroups)
  if (groups) script.writeFile('/proc/self/gid_map', mapText(groups))
  if (users) script.writeFile('/proc/self/uid_map', mapText(users))
}

/** Whether the child may write its maps itself: one id each, the caller's own. Others need a right over the ids outside. */
function mapsOwn({users, groups, setgroups}: Unshare, {uid, gid}: Identity): boolean {
  const isOwn = (map: readonly IdMap[] | undefined, id: number) =>
    map === undefined || (map.length === 1 && map[0]?.count === 1 && map[0].outer === id)
  return isOwn(users, uid) && isOwn(groups, gid) && (groups === undefined || setgroups === 'deny')
}

/** Whether the child is to write its maps: because it may, or because nobody else can. */
export function mapsItself(step: Unshare, steps: readonly Step[], caller: Identity): boolean {
  return entersUserNamespace(steps) || mapsOwn(step, caller)
}

function begin(step: Unshare, script: ScriptWriter): void {
  const {situation} = script
  const isReady = step.userNamespace !== undefined
  if (isReady) script.call('setns', [script.callerDescriptor(step.userNamespace), namespaceFlags.user])
  const rest = isReady ? step.namespaces.filter(name => name !== 'user') : step.namespaces
  const atCreation = rest.includes('pid') && !isReady && situation.takesFlags && !situation.joins
  // The directory that the zygote's child enters first is of the caller's mount namespace: unshare takes it along.
  const later = situation.place === 'zygote' ? [...neverAtCreation, 'mount'] : neverAtCreation
  const now = atCreation ? rest.filter(name => later.includes(name)) : rest
  if (atCreation) situation.cloneFlags |= flagsOf(rest.filter(name => !later.includes(name)))
  if (now.length > 0) script.call('unshare', [flagsOf(now)])
  if (!isReady) writeMaps(step, script)
  if (rest.includes('pid') && !atCreation) script.beginSecondProcess()
}

function explain(step: Unshare, errno: string): Advice | undefined {
  switch (errno) {
    case 'EPERM':
      return step.namespaces.includes('user')
        ? {why: 'something here forbids user namespaces, or the ids in the map', next: 'spawnctl doctor'}
        : {
            why: 'without privileges the first namespace has to be a user namespace, in which one has the others',
            next: `add user to it: --unshare user,${step.namespaces.join(',')} --map-root-user`,
          }
    case 'ENOENT':
      return noProc('through which ids are mapped')
    case 'ENOSPC':
    case 'EUSERS':
      return {
        why: 'a limit on the number of namespaces of this kind, or on how deep they are nested, is reached',
        next: 'sysctl user | grep max_',
      }
    case 'EINVAL':
      return {
        why: 'this kernel does not have one of these namespaces',
        next: 'ls /proc/self/ns shows those that it has',
      }
  }
  return undefined
}

export const unshare: StepKind<'unshare'> = {
  kind: 'unshare',
  changesCredentials: true,
  summary:
    'Namespaces of its own. After what needs the rights of outside; before the mounts, the name and the network in them. With pid among them they begin with the creation of the child where the method can, else a second process is the first of the new pid namespace.',
  options: [
    {name: 'unshare', value: 'LIST', summary: `new namespaces, as unshare: ${namespaces.join(',')}`},
    {name: 'map-root-user', summary: 'be root in the new user namespace, and there alone'},
    {name: 'map-current-user', summary: 'be the same user and group in the new user namespace'},
    {
      name: 'map-users',
      value: 'MAP',
      summary: 'users of the new user namespace: INNER:OUTER:COUNT, several with "/", or auto for those of /etc/subuid',
    },
    {name: 'map-groups', value: 'MAP', summary: 'the same for groups, and /etc/subgid'},
    {
      name: 'setgroups',
      value: 'WORD',
      choices: ['allow', 'deny'],
      summary: 'whether groups can be dropped in the new user namespace; deny with a map of one group',
    },
  ],
  read(values, surroundings) {
    const list = askedNamespaces(values)
    if (list.length === 0) return undefined
    return {kind: 'unshare', namespaces: list, ...(list.includes('user') && readMaps(values, surroundings))}
  },
  check(step) {
    if (step.namespaces.length === 0) throw new PlanError('E_STEPS', 'no namespace to unshare is named')
    if (hasMap(step) && !step.namespaces.includes('user'))
      throw new PlanError('E_STEPS', 'ids are mapped, but there is no new user namespace', {
        next: 'add user to the namespaces',
      })
  },
  lower(step, script) {
    begin(step, script)
    if (step.namespaces.includes('mount'))
      script.call('mount', [script.pool.text('none'), script.pool.text('/'), 0, MS_REC | MS_PRIVATE, 0])
  },
  mostSent(step, steps) {
    const takesSecond = step.namespaces.includes('pid') && (hasMap(step) || steps.some(({kind}) => kind === 'join'))
    return (hasMap(step) ? 1 : 0) + (takesSecond ? 1 : 0)
  },
  posixSpawnRefuses: () => 'it has no attribute for namespaces',
  explain,
  describe({namespaces: list, users, groups}) {
    const maps = [users && `users ${describeMap(users)}`, groups && `groups ${describeMap(groups)}`].filter(Boolean)
    return `new namespaces ${list.join(',')}${maps.length > 0 ? ` (${maps.join(', ')})` : ''}`
  },
}
