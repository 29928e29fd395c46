import {type Advice, PlanError, UsageError} from '../../errors.js'
import {lastValue, type OptionValues, refuseEmpty, wholeNumber} from '../option.js'
import {words32} from '../script.js'
import type {StepKind, Surroundings} from '../step.js'

const EPERM = 1
/** (uid_t)-1 means "leave it" to the kernel. */
const mostId = 0xfffffffe
const posixSpawnRefusal = 'posix_spawn can only drop effective ids to the real ones, not become somebody else'

function explainIdentity(_: unknown, errno: string): Advice | undefined {
  switch (errno) {
    case 'EPERM':
      return {
        why: 'only root, or a process with CAP_SETUID and CAP_SETGID, may become somebody else',
        next: 'run it with sudo, or leave the identity as it is',
      }
    case 'EINVAL':
      return {why: 'the id has no meaning in this user namespace', next: 'cat /proc/self/uid_map /proc/self/gid_map'}
  }
  return undefined
}

interface Identity {
  uid?: number
  gid?: number
  groups?: readonly number[]
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text)
}

function splitUser(text: string): [user: string, group: string | undefined] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}

function readId(text: string, option: 'uid' | 'gid' | 'groups' | 'user'): number {
  const [what, example] = option === 'uid' ? ['user', '1000'] : ['group', option === 'user' ? 'nobody:100' : '100']
  return wholeNumber(text, option, mostId, {
    why: `the number of a ${what}; ${mostId + 1} is none, but "leave it as it is" to the kernel`,
    next: `--${option} ${example}`,
  })
}

function groupId(text: string, option: 'gid' | 'groups' | 'user', surroundings: Surroundings): number {
  refuseEmpty(text, option, 'a name or number of a group', '100')
  return isNumber(text) ? readId(text, option) : surroundings.findGroup(text)
}

/** --user means what login means: the user's uid, primary group and supplementary groups. */
function readUser(text: string, surroundings: Surroundings): Identity {
  const [name, group] = splitUser(text)
  if (name === '' || group === '')
    throw new UsageError(`--user wants NAME or NAME:GROUP, not "${text}"`, {
      next: '--user nobody, or --user nobody:tty',
    })
  if (isNumber(name))
    throw new UsageError(`--user wants a name, "${name}" is a number`, {
      why: 'a number has no supplementary groups to look up',
      next: `--uid ${name} --gid N --groups LIST (or "none")`,
    })
  const user = surroundings.findUser(name)
  const gid = group === undefined ? user.gid : groupId(group, 'user', surroundings)
  return {uid: user.uid, gid, groups: surroundings.findGroups(name, gid)}
}

function readIdentity(values: OptionValues, surroundings: Surroundings): Identity {
  const user = lastValue(values, 'user')
  const uid = lastValue(values, 'uid')
  const gid = lastValue(values, 'gid')
  const groups = lastValue(values, 'groups')
  const identity = user === undefined ? {} : readUser(user, surroundings)
  if (user !== undefined && uid !== undefined)
    throw new UsageError('--user and --uid both name a user', {next: 'keep one'})
  if (uid !== undefined) identity.uid = readId(uid, 'uid')
  if (gid !== undefined) identity.gid = groupId(gid, 'gid', surroundings)
  if (groups !== undefined) {
    const names = groups === 'none' || groups === '' ? [] : groups.split(',')
    identity.groups = names.map(name => groupId(name, 'groups', surroundings))
  }
  return identity
}

export const setgroups: StepKind<'setgroups'> = {
  kind: 'setgroups',
  summary:
    'Supplementary groups. Not given: the caller’s; "none": none at all; with --user: that user’s. Before gid and uid, which give the right away.',
  options: [
    {
      name: 'user',
      value: 'NAME[:GROUP]',
      summary: 'become this user, with its primary and supplementary groups; :GROUP replaces the primary one',
    },
    {name: 'groups', value: 'LIST', summary: 'supplementary groups, names or numbers with commas; "none" for none'},
  ],
  read(values, surroundings) {
    const {groups} = readIdentity(values, surroundings)
    return groups && {kind: 'setgroups', groups}
  },
  check({ifPermitted}, steps) {
    const isDenied = steps.some(step => step.kind === 'unshare' && step.setgroups === 'deny')
    if (ifPermitted || !isDenied) return
    throw new PlanError('E_STEPS', 'supplementary groups cannot be set where the new user namespace denies it', {
      why: 'a map of one group, as --map-root-user makes it, goes with setgroups "deny" (user_namespaces(7))',
      next: 'leave --groups and --user out, or map more: --map-users auto --map-groups auto',
    })
  },
  lower(step, script) {
    const forgive = step.ifPermitted ? [EPERM] : []
    script.call('setgroups', [step.groups.length, script.pool.bytes(words32(step.groups))], {forgive})
  },
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain: explainIdentity,
  describe: step => `supplementary groups ${step.groups.join(',') || 'none'}`,
}

export const setgid: StepKind<'setgid'> = {
  kind: 'setgid',
  changesCredentials: true,
  summary: 'Real, effective and saved group. Before the uid, which gives the right away.',
  options: [{name: 'gid', value: 'GROUP', summary: 'group to become, name or number'}],
  read(values, surroundings) {
    const {gid} = readIdentity(values, surroundings)
    return gid === undefined ? undefined : {kind: 'setgid', gid}
  },
  lower: (step, script) => script.call('setgid', [step.gid]),
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain: explainIdentity,
  describe: step => `gid ${step.gid}`,
}

export const setuid: StepKind<'setuid'> = {
  kind: 'setuid',
  changesCredentials: true,
  summary: 'Real, effective and saved user. Before chdir: only the user may be allowed to enter (NFS).',
  options: [
    {name: 'uid', value: 'UID', summary: 'user to become, by number; groups stay unless --gid and --groups say so'},
  ],
  read(values, surroundings) {
    const {uid} = readIdentity(values, surroundings)
    return uid === undefined ? undefined : {kind: 'setuid', uid}
  },
  lower: (step, script) => script.call('setuid', [step.uid]),
  posixSpawnRefuses: () => posixSpawnRefusal,
  explain: explainIdentity,
  describe: step => `uid ${step.uid}`,
}
