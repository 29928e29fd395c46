import {posix} from 'node:path'
import {type Advice, PlanError, UsageError} from '../../errors.js'
import {AT_FDCWD, O_CLOEXEC, O_PATH} from '../fcntl.js'
import {lastValue} from '../option.js'
import {pathLimits} from '../path-limits.js'
import {type PoolReference, type ScriptWriter, type Slot, words64} from '../script.js'
import {shellPath} from '../shell-words.js'
import type {Mount, Step, StepKind} from '../step.js'
import {readableText, refuseNul} from '../text.js'
import {needsOwn} from './unshare.js'

const AT_EMPTY_PATH = 0x1000
const AT_RECURSIVE = 0x8000
const RESOLVE_IN_ROOT = 0x10
const OPEN_TREE_CLONE_CLOEXEC = 0o2000001
const MOVE_MOUNT_F_EMPTY_PATH = 0x4
const MOVE_MOUNT_T_EMPTY_PATH = 0x40
const FS_CLOEXEC = 1
const FSCONFIG_CMD_CREATE = 6
const MOUNT_ATTR_RDONLY = 1n
const [nosuid, nodev, noexec] = [2, 4, 8]
const openHowBytes = 24

type MountsStep = Extract<Step, {kind: 'mounts'}>
const mountAttrBytes = 32

const fileSystems = {
  proc: {attributes: nosuid | nodev | noexec},
  tmpfs: {attributes: nosuid | nodev},
} as const

function close(script: ScriptWriter, ...slots: readonly Slot[]): void {
  for (const slot of slots) script.call('close', [slot])
}

/** A copy of the tree at a path, attached nowhere yet: what is mounted over that path later does not hide it. */
function copyTree(script: ScriptWriter, empty: PoolReference, {source, readOnly}: Mount & {type: 'bind'}): Slot {
  const tree = script.slot()
  script.call('open_tree', [AT_FDCWD, script.pool.text(source), OPEN_TREE_CLONE_CLOEXEC | AT_RECURSIVE], {save: tree})
  if (readOnly) {
    const attributes = script.pool.bytes(words64(MOUNT_ATTR_RDONLY, 0n, 0n, 0n))
    script.call('mount_setattr', [tree, empty, AT_EMPTY_PATH | AT_RECURSIVE, attributes, mountAttrBytes])
  }
  return tree
}

function makeFileSystem(script: ScriptWriter, type: keyof typeof fileSystems): Slot {
  const [context, mount] = [script.slot(), script.slot()]
  script.call('fsopen', [script.pool.text(type), FS_CLOEXEC], {save: context})
  script.call('fsconfig', [context, FSCONFIG_CMD_CREATE, 0, 0, 0])
  script.call('fsmount', [context, FS_CLOEXEC, fileSystems[type].attributes], {save: mount})
  close(script, context)
  return mount
}

/** A target below the new root is found as the program would find it: links in it do not lead out. */
function openTarget(script: ScriptWriter, root: Slot | undefined, target: string | Uint8Array): Slot {
  const place = script.slot()
  const path = script.pool.text(target)
  if (root === undefined) script.call('openat', [AT_FDCWD, path, O_PATH | O_CLOEXEC, 0], {save: place})
  else {
    const how = script.pool.bytes(words64(BigInt(O_PATH | O_CLOEXEC), 0n, BigInt(RESOLVE_IN_ROOT)))
    script.call('openat2', [root, path, how, openHowBytes], {save: place})
  }
  return place
}

function readBind(text: string): Mount {
  const [, source, target, mode] = /^([^:]+):([^:]+)(?::(ro|rw))?$/.exec(text) ?? []
  if (source === undefined || target === undefined)
    throw new UsageError(`--bind wants SOURCE:TARGET or SOURCE:TARGET:ro, not "${text}"`, {
      next: '--bind /srv/data:/data:ro',
    })
  return {type: 'bind', source, target, readOnly: mode === 'ro'}
}

function describeMount(mount: Mount): string {
  const target = readableText(mount.target)
  if (mount.type !== 'bind') return `${mount.type} at ${target}`
  return `${readableText(mount.source)} at ${target}${mount.readOnly ? ' (read-only)' : ''}`
}

/** The target as it is meant, without double slashes and dots. */
function placeOf({target}: Mount): string {
  return posix.resolve('/', readableText(target))
}

/** By the call it is known what is missing. */
function explainMissing({mounts, under}: MountsStep, syscall: string | undefined, all: string): Advice {
  const sources = mounts.flatMap(mount => (mount.type === 'bind' ? [readableText(mount.source)] : []))
  switch (syscall) {
    case 'open_tree':
      return {
        why: `a source is not there, or may not be reached: ${sources.join(', ')}`,
        next: `ls -ld ${sources.map(shellPath).join(' ')}`,
      }
    case 'openat':
      if (under !== undefined) {
        const root = readableText(under)
        return {
          why: `the new root ${root} is not there, or may not be reached`,
          next: `ls -ld ${shellPath(root)}`,
        }
      }
      break
    case 'chdir':
      return {why: 'the working directory is hidden by what is mounted', next: '--cwd DIR names one that is to be seen'}
  }
  return {
    why: `a target is not there, or what is mounted over it before hides it: ${all}`,
    next: 'mkdir the targets first, also in a directory that is shown at their place',
  }
}

/** A command that shows what goes onto what. */
function lookAtBoth({mounts, under}: MountsStep): string {
  const paths = mounts.flatMap(mount => {
    const target = readableText(mount.target)
    const place = under === undefined ? target : posix.join(readableText(under), target)
    return mount.type === 'bind' ? [readableText(mount.source), place] : [place]
  })
  return `ls -ld ${paths.map(shellPath).join(' ')}`
}

const options = [
  {name: 'mount-proc', summary: 'a /proc that shows the new pid namespace; with a mount namespace, as in unshare'},
  {
    name: 'bind',
    value: 'SOURCE:TARGET[:ro]',
    multiple: true,
    summary: 'show a file or directory at a second place, in a mount namespace; a target is below the new root, if any',
  },
  {name: 'tmpfs', value: 'TARGET', multiple: true, summary: 'an empty directory in memory, in a mount namespace'},
] as const

export const mounts: StepKind<'mounts'> = {
  kind: 'mounts',
  summary:
    'What is mounted in the new mount namespace. After the pid namespace, which /proc shows; before the root changes, which hides the sources.',
  options,
  read(values, surroundings) {
    const list: Mount[] = [
      ...(values.bind ?? []).map(readBind),
      ...(values.tmpfs ?? []).map(target => ({type: 'tmpfs', target}) as const),
      ...(values['mount-proc'] === undefined ? [] : [{type: 'proc', target: '/proc'} as const]),
    ]
    if (list.length === 0) return undefined
    // By place, so that none hides one that is to be seen.
    list.sort((a, b) => Number(placeOf(a) > placeOf(b)) - Number(placeOf(a) < placeOf(b)))
    const under = lastValue(values, 'pivot-root') ?? lastValue(values, 'chroot')
    if (under !== undefined) return {kind: 'mounts', mounts: list, under}
    const isElsewhere = lastValue(values, 'cwd')?.startsWith('/') ?? false
    const returnTo = isElsewhere
      ? undefined
      : surroundings.workingDirectoryBelow(list.map(({target}) => readableText(target)))
    return {kind: 'mounts', mounts: list, ...(returnTo !== undefined && {returnTo})}
  },
  check(step, steps) {
    for (const mount of step.mounts) {
      refuseNul(mount.target, 'the target of a mount')
      if (readableText(mount.target) === '')
        throw new PlanError('E_STEPS', 'the target of a mount is an empty string', {next: '--tmpfs /mnt'})
      if (step.under === undefined && placeOf(mount) === '/')
        throw new PlanError('E_STEPS', 'what is mounted over / would not be seen: the root stays what lies below it', {
          next: 'make it the root: --pivot-root DIR, or --chroot DIR',
        })
      if (mount.type === 'bind') refuseNul(mount.source, 'the source of a mount')
    }
    needsOwn('mount', 'mounts', steps)
  },
  lower(step, script) {
    const empty = script.pool.text('')
    const copies = step.mounts.map(mount => (mount.type === 'bind' ? copyTree(script, empty, mount) : undefined))
    let root = step.under === undefined ? undefined : script.slot()
    if (root !== undefined)
      script.call('openat', [AT_FDCWD, script.pool.text(step.under as string), O_PATH | O_CLOEXEC, 0], {save: root})
    for (const [i, mount] of step.mounts.entries()) {
      const what = copies[i] ?? makeFileSystem(script, mount.type === 'proc' ? 'proc' : 'tmpfs')
      const where = openTarget(script, root, mount.target)
      script.call('move_mount', [what, empty, where, empty, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH])
      close(script, where)
      // What lies over the new root hides it: the next places are looked up there.
      const isOver = root !== undefined && placeOf(mount) === '/'
      close(script, isOver ? (root as Slot) : what)
      if (isOver) root = what
    }
    if (root !== undefined) close(script, root)
    if (step.returnTo !== undefined) script.call('chdir', [script.pool.text(step.returnTo)])
  },
  posixSpawnRefuses: () => 'it has no attribute for namespaces',
  explain(step, errno, syscall) {
    const all = step.mounts.map(describeMount).join(', ')
    switch (errno) {
      case 'ENOENT':
      case 'EACCES':
        return explainMissing(step, syscall, all)
      case 'ELOOP':
      case 'ENAMETOOLONG':
        return {why: `${pathLimits[errno]}: ${all}`, next: lookAtBoth(step)}
      case 'EINVAL':
        if (syscall !== 'move_mount') return undefined
        return {why: `a directory goes onto a directory, a file onto a file: ${all}`, next: lookAtBoth(step)}
      case 'ENOTDIR':
        return {why: `a directory goes onto a directory, a file onto a file: ${all}`, next: lookAtBoth(step)}
      case 'EPERM':
        return step.mounts.some(({type}) => type === 'proc')
          ? {
              why: '/proc may be mounted only for a pid namespace of one’s own, and where the present /proc is not partly covered (containers cover it)',
              next: 'add user,pid to --unshare; findmnt -R /proc shows what covers it',
            }
          : {why: 'mounting needs CAP_SYS_ADMIN', next: 'add user to --unshare, with --map-root-user'}
      case 'ENOSYS':
        return {
          why: 'this kernel, or a filter in its name, lacks fsopen and open_tree (Linux 5.2), or mount_setattr (5.12)',
        }
    }
    return undefined
  },
  describe: step => `mounts: ${step.mounts.map(describeMount).join(', ')}`,
}
