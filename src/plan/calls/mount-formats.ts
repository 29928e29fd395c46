import {O_CLOEXEC} from '../fcntl.js'
import type {SyscallName} from '../syscalls.js'
import {openFlags} from './open-flags.js'
import {directory, type Format, flags, flagText, named, number, plain, pointer, words} from './values.js'

const AT_RECURSIVE = 0x8000
const attributes = {1: 'MOUNT_ATTR_RDONLY', 2: 'MOUNT_ATTR_NOSUID', 4: 'MOUNT_ATTR_NODEV', 8: 'MOUNT_ATTR_NOEXEC'}

const mountFlags = flags({
  1: 'MS_RDONLY',
  32: 'MS_REMOUNT',
  4096: 'MS_BIND',
  16384: 'MS_REC',
  262144: 'MS_PRIVATE',
  524288: 'MS_SLAVE',
})

/** struct mount_attr. */
const mountAttributes: Format = value => {
  const [set = 0n, cleared = 0n, propagation = 0n, user = 0n] = words(value, 64)
  const bits = (word: bigint) => flagText(Number(word), attributes)
  return `{attr_set=${bits(set)}, attr_clr=${bits(cleared)}, propagation=${propagation} /* MS_??? */, userns_fd=${user}}`
}

/** struct open_how. */
const openHow: Format = value => {
  const [wanted = 0n, , resolve = 0n] = words(value, 64)
  return `{flags=${openFlags(Number(wanted))}, resolve=${flagText(Number(resolve), {16: 'RESOLVE_IN_ROOT'})}}`
}

/** The flag of the AT family stands behind the call's own. */
const openTreeFlags: Format = value => {
  const own = flagText(number(value) & ~AT_RECURSIVE, {1: 'OPEN_TREE_CLONE', [O_CLOEXEC]: 'OPEN_TREE_CLOEXEC'})
  return number(value) & AT_RECURSIVE ? `${own}|AT_RECURSIVE` : own
}

/** strace's way of writing the calls of the mount step and of the root. */
export const mountFormats: Readonly<Partial<Record<SyscallName, readonly Format[]>>> = {
  fsconfig: [plain, named({6: 'FSCONFIG_CMD_CREATE'}), pointer, pointer, plain],
  fsmount: [plain, flags({1: 'FSMOUNT_CLOEXEC'}), flags(attributes)],
  fsopen: [plain, flags({1: 'FSOPEN_CLOEXEC'})],
  mount: [pointer, pointer, pointer, mountFlags, pointer],
  mount_setattr: [plain, plain, flags({4096: 'AT_EMPTY_PATH', [AT_RECURSIVE]: 'AT_RECURSIVE'}), mountAttributes, plain],
  move_mount: [plain, plain, directory, plain, flags({4: 'MOVE_MOUNT_F_EMPTY_PATH', 64: 'MOVE_MOUNT_T_EMPTY_PATH'})],
  open_tree: [directory, plain, openTreeFlags],
  openat2: [directory, plain, openHow, plain],
  umount2: [plain, flags({2: 'MNT_DETACH'})],
}
