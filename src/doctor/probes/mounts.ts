import {constants} from 'node:os'
import {words64} from '../../plan/script.js'
import {asRootOrInUserNamespace} from '../advice.js'
import type {Call} from '../attempt.js'
import {triedWithRights} from '../namespace-calls.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'

const AT_EMPTY_PATH = 0x1000
const OPEN_TREE_CLONE = 1
const MOVE_MOUNT_F_EMPTY_PATH = 0x4
const MOVE_MOUNT_T_EMPTY_PATH = 0x40
const FSCONFIG_CMD_CREATE = 6
const MOUNT_ATTR_RDONLY = 1n
const mountAttrBytes = 32
/** Open in no process. Who may mount is asked before: a kernel that has the call, and lets us, says EBADF. */
const noSuchFd = 0x7fff_ffff

/** The calls that mounts are made of (src/plan/steps/mounts.ts), each with what needs it. Nothing is mounted by these. */
const calls: readonly {
  readonly name: Call['name']
  readonly args: Call['args']
  readonly since: string
  readonly options: readonly string[]
  readonly text: string
}[] = [
  {
    name: 'open_tree',
    args: [noSuchFd, '', OPEN_TREE_CLONE | AT_EMPTY_PATH],
    since: '5.2',
    options: ['--bind'],
    text: 'nothing can be shown at a second place',
  },
  {
    name: 'mount_setattr',
    args: [noSuchFd, '', AT_EMPTY_PATH, words64(MOUNT_ATTR_RDONLY, 0n, 0n, 0n), mountAttrBytes],
    since: '5.12',
    options: ['--bind'],
    text: 'refused with :ro; without it what is shown can be written to',
  },
  {
    name: 'fsopen',
    args: ['tmpfs', 0],
    since: '5.2',
    options: ['--mount-proc', '--tmpfs'],
    text: 'no file system can be made',
  },
  {
    name: 'fsconfig',
    args: [noSuchFd, FSCONFIG_CMD_CREATE, 0, 0, 0],
    since: '5.2',
    options: ['--mount-proc', '--tmpfs'],
    text: 'no file system can be made',
  },
  {
    name: 'fsmount',
    args: [noSuchFd, 0, 0],
    since: '5.2',
    options: ['--mount-proc', '--tmpfs'],
    text: 'no file system can be made',
  },
  {
    name: 'move_mount',
    args: [noSuchFd, '', noSuchFd, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH],
    since: '5.2',
    options: ['--mount-proc', '--bind', '--tmpfs'],
    text: 'nothing can be mounted',
  },
]

const probes = calls.map(
  ({name, args, since, options, text}): Probe => ({
    id: name.replaceAll('_', '-'),
    title: name,
    probe: () => triedWithRights({calls: [{name, args, forgive: [constants.errno.EBADF]}], since}, 'mount'),
    consequence: {methods: none, options, text},
    advice: asRootOrInUserNamespace(name, since),
  }),
)

export const mounts: ProbeGroup = {id: 'mounts', title: 'Mounts', probes}
