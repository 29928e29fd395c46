import {UsageError} from '../../errors.js'
import {AT_FDCWD} from '../fcntl.js'
import {lastValue} from '../option.js'
import {pathLimits} from '../path-limits.js'
import {shellPath} from '../shell-words.js'
import type {StepKind} from '../step.js'
import {readableText, refuseNul} from '../text.js'
import {needsOwn} from './unshare.js'

const AT_RECURSIVE = 0x8000
const OPEN_TREE_CLONE_CLOEXEC = 0o2000001
const MOVE_MOUNT_F_EMPTY_PATH = 0x4
const MNT_DETACH = 2

export const root: StepKind<'root'> = {
  kind: 'root',
  summary:
    'Root directory. Before the identity, which gives the right away; the working directory is then the new root, unless one is asked for.',
  options: [
    {name: 'chroot', value: 'DIR', summary: 'make this directory the root, as chroot'},
    {
      name: 'pivot-root',
      value: 'DIR',
      summary: 'make this directory the root of the mount namespace; the old one is gone, and nothing leads back to it',
    },
  ],
  read(values) {
    const [chroot, pivot] = [lastValue(values, 'chroot'), lastValue(values, 'pivot-root')]
    if (chroot !== undefined && pivot !== undefined)
      throw new UsageError('--chroot and --pivot-root both name the root', {next: 'keep one'})
    const path = pivot ?? chroot
    if (path === '') throw new UsageError('the new root is an empty string', {next: '--chroot /srv/tree'})
    return path === undefined ? undefined : {kind: 'root', path, by: pivot === undefined ? 'chroot' : 'pivot_root'}
  },
  check({path, by}, steps) {
    refuseNul(path, 'the root directory')
    if (by === 'pivot_root') needsOwn('mount', by, steps)
  },
  lower({path, by}, script) {
    const directory = script.pool.text(path)
    if (by === 'chroot') script.call('chroot', [directory])
    else {
      const [here, empty, tree] = [script.pool.text('.'), script.pool.text(''), script.slot()]
      // pivot_root wants a mount. With "." for both, the old root comes to lie over the new one, and is taken off.
      script.call('open_tree', [AT_FDCWD, directory, OPEN_TREE_CLONE_CLOEXEC | AT_RECURSIVE], {save: tree})
      script.call('move_mount', [tree, empty, AT_FDCWD, directory, MOVE_MOUNT_F_EMPTY_PATH])
      script.call('fchdir', [tree])
      script.call('pivot_root', [here, here])
      script.call('umount2', [here, MNT_DETACH])
      script.call('close', [tree])
    }
    script.call('chdir', [script.pool.text('/')])
  },
  posixSpawnRefuses: () => 'it has no action for the root',
  explain({path, by}, errno) {
    const directory = readableText(path)
    switch (errno) {
      case 'ENOENT':
      case 'ENOTDIR':
        return {why: `${directory} is no directory here`, next: `ls -ld ${shellPath(directory)}`}
      case 'EBUSY':
        return {why: `${directory} is the root already`, next: 'another directory for --pivot-root'}
      case 'EINVAL':
        return {
          why: 'the present root cannot be moved away: it is an initramfs, or a chroot that is no mount',
          next: `--chroot ${shellPath(directory)}`,
        }
      case 'EPERM':
        return {
          why: `${by} needs ${by === 'chroot' ? 'CAP_SYS_CHROOT' : 'CAP_SYS_ADMIN'}`,
          next: 'sudo, or a user namespace: --unshare user --map-root-user',
        }
      case 'ELOOP':
      case 'ENAMETOOLONG':
        return {why: pathLimits[errno], next: `namei ${shellPath(directory)}`}
      case 'EACCES':
        return {why: `${directory} may not be entered by this user`, next: `namei -l ${shellPath(directory)}`}
    }
    return undefined
  },
  describe: ({path, by}) => `root ${readableText(path)} (${by})`,
}
