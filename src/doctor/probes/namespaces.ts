import {constants} from 'node:os'
import {raiseNamespaceLimit} from '../../methods/diagnosis/namespaces.js'
import {AT_FDCWD} from '../../plan/fcntl.js'
import {flagsOf, type Namespace, namespaceFile, neverAtCreation} from '../../plan/namespaces.js'
import {allow, asRootOrInUserNamespace} from '../advice.js'
import {type Call, tried} from '../attempt.js'
import {sysctl} from '../machine.js'
import {triedAtCreation, triedWithRights, unshare} from '../namespace-calls.js'
import {type NotWell, type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'
import {fromProc} from '../proc.js'

const AT_EMPTY_PATH = 0x1000
const O_WRONLY = 1
/** Open in no process: a kernel that knows the call says EBADF. */
const noSuchFd = 0x7fff_ffff
const forgive = [constants.errno.EBADF]

const others = [
  {name: 'mount', since: '2.4', options: ['--mount-proc', '--bind', '--tmpfs', '--pivot-root']},
  {name: 'pid', since: '3.8', options: ['--mount-proc']},
  {name: 'net', since: '3.0', options: ['--loopback']},
  {name: 'ipc', since: '3.0', options: none},
  {name: 'uts', since: '3.0', options: ['--hostname']},
  {name: 'cgroup', since: '4.6', options: none},
  {name: 'time', since: '5.6', options: none},
] as const

function writeFile(path: string, text: string): readonly Call[] {
  const fd = {slot: 0}
  return [
    {name: 'openat', args: [AT_FDCWD, path, O_WRONLY], shown: `open ${path}`, save: fd},
    {name: 'write', args: [fd, text, Buffer.byteLength(text)], shown: `write to ${path}`},
  ]
}

/** A refusal of unshare(2) may be that call’s alone; a limit that is reached is everybody’s. */
function isOfTheCall({state, errno}: NotWell): boolean {
  return state === 'refused' && errno !== 'ENOSPC' && errno !== 'EUSERS'
}

/** With its maps, and a first use of the rights it gives: AppArmor lets the namespace be made and refuses what follows. */
function probeUserNamespace(): Outcome {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  const maps = [
    ...writeFile('/proc/self/setgroups', 'deny'),
    ...writeFile('/proc/self/uid_map', `0 ${uid} 1`),
    ...writeFile('/proc/self/gid_map', `0 ${gid} 1`),
  ]
  const alone = tried({calls: [unshare('user'), ...maps, unshare('uts')], since: '3.8'})
  if (alone.state === 'works' || !isOfTheCall(alone)) return alone
  const withPid = triedAtCreation(['user', 'pid'], [...maps, {name: 'chroot', args: ['/']}])
  return withPid.state === 'works' ? works(`${alone.evidence}; ${withPid.evidence}`, onlyByClone) : alone
}

const onlyByClone = 'together with pid only, by clone'

function adviseUserNamespace(outcome: NotWell): string {
  const limit = 'user.max_user_namespaces'
  if (sysctl(limit) === '0') return raiseNamespaceLimit(limit)
  if (sysctl('kernel.unprivileged_userns_clone') === '0') return 'sysctl -w kernel.unprivileged_userns_clone=1'
  if (sysctl('kernel.apparmor_restrict_unprivileged_userns') === '1')
    return 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for node with "userns,"'
  if (outcome.errno === 'ENOSPC') return `sysctl ${limit}: its limit, here or further out, is reached`
  return allow('unshare', '3.8')(outcome)
}

/** As it is; else together with a user namespace, which is how an ordinary user gets one; else as a child begins with it. */
function probeNamespace(name: Namespace, since: string): Outcome {
  const alone = tried({calls: [unshare(name)], since})
  if (alone.state === 'works' || !isOfTheCall(alone)) return alone
  const together = tried({calls: [unshare('user', name)], since})
  if (together.state === 'works')
    return works(`alone ${alone.evidence}; together with CLONE_NEWUSER it works`, 'together with --unshare user')
  if (neverAtCreation.includes(name)) return alone
  const withPid = [...new Set<Namespace>([name, 'pid'])]
  const atCreation = triedAtCreation(withPid)
  const detail = name === 'pid' ? 'by clone only' : onlyByClone
  if (atCreation.state === 'works') return works(`${alone.evidence}; ${atCreation.evidence}`, detail)
  const inUser = triedAtCreation(['user', ...withPid])
  if (inUser.state !== 'works') return alone
  const withUser = name === 'pid' ? 'together with user only, by clone' : 'together with user and pid only, by clone'
  return works(`${alone.evidence}; ${inUser.evidence}`, withUser)
}

function adviseNamespace(name: Namespace, since: string): (outcome: NotWell) => string {
  const limit = `user.max_${namespaceFile(name)}_namespaces`
  return outcome => {
    if (outcome.errno === 'ENOSPC')
      return sysctl(limit) === '0'
        ? raiseNamespaceLimit(limit)
        : `sysctl ${limit}: its limit, here or further out, is reached`
    return asRootOrInUserNamespace('unshare', since)(outcome)
  }
}

function probeSetnsByPidfd(): Outcome {
  const [pid, pidfd] = [{slot: 0}, {slot: 1}]
  const calls: readonly Call[] = [
    {name: 'getpid', args: [], save: pid},
    {name: 'pidfd_open', args: [pid, 0], save: pidfd},
    {name: 'setns', args: [pidfd, flagsOf(['uts'])], shown: 'setns(pidfd, CLONE_NEWUTS)'},
  ]
  return triedWithRights({calls, since: '5.8'}, 'uts')
}

const probes: readonly Probe[] = [
  {
    id: 'user-namespace',
    title: 'user namespace',
    probe: fromProc(probeUserNamespace),
    consequence: {
      methods: none,
      options: ['--unshare user', '--map-root-user', '--map-current-user', '--map-users', '--map-groups'],
      text: 'refused; an ordinary user then gets no other namespace either',
    },
    advice: adviseUserNamespace,
  },
  ...others.map(
    ({name, since, options}): Probe => ({
      id: `${name}-namespace`,
      title: `${name} namespace`,
      probe: () => probeNamespace(name, since),
      consequence: {methods: none, options: [`--unshare ${name}`, ...options], text: 'refused'},
      advice: adviseNamespace(name, since),
    }),
  ),
  {
    id: 'execveat',
    title: 'execveat with AT_EMPTY_PATH',
    probe: () =>
      tried({
        calls: [
          {
            name: 'execveat',
            shown: 'execveat(AT_EMPTY_PATH)',
            args: [noSuchFd, '', ['spawnctl-init'], [], AT_EMPTY_PATH],
            forgive,
          },
        ],
        since: '3.19',
      }),
    consequence: {
      methods: ['fork', 'vfork', 'zygote'],
      options: ['--init', '--unshare pid', '--join'],
      text: 'no small first process can stay behind: --init is refused, and a pid namespace is for clone and clone-vm, which begin with it',
    },
    advice: allow('execveat', '3.19'),
  },
  {
    id: 'setns',
    title: 'setns',
    probe: () => tried({calls: [{name: 'setns', args: [noSuchFd, 0], forgive}], since: '3.0'}),
    consequence: {
      methods: none,
      options: ['--join', '--map-users', '--map-groups'],
      text: 'no namespace of others can be entered, nor one whose maps the child may not write itself',
    },
    advice: allow('setns', '3.0'),
  },
  {
    id: 'setns-pidfd',
    title: 'setns by pidfd',
    probe: probeSetnsByPidfd,
    consequence: {
      methods: none,
      options: ['--join'],
      text: 'PID cannot be joined; where setns works at all, a path can: --join /proc/PID/ns/net',
    },
    advice: asRootOrInUserNamespace('setns', '5.8'),
  },
]

export const namespaces: ProbeGroup = {id: 'namespaces', title: 'Namespaces', probes}
