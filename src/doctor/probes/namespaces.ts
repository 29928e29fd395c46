import {allow} from '../advice.js'
import {type Call, tried} from '../attempt.js'
import {sysctl} from '../machine.js'
import {type NotWell, type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'

const CLONE_NEWUSER = 0x1000_0000
const CLONE_NEWUTS = 0x0400_0000
const AT_FDCWD = -100
const O_WRONLY = 1

const others = [
  {
    name: 'mount',
    sysctl: 'mnt',
    flag: 0x0002_0000,
    since: '2.4',
    options: ['--mount-proc', '--bind', '--tmpfs', '--pivot-root'],
  },
  {name: 'pid', sysctl: 'pid', flag: 0x2000_0000, since: '3.8', options: ['--mount-proc']},
  {name: 'net', sysctl: 'net', flag: 0x4000_0000, since: '3.0', options: ['--loopback']},
  {name: 'ipc', sysctl: 'ipc', flag: 0x0800_0000, since: '3.0', options: none},
  {name: 'uts', sysctl: 'uts', flag: CLONE_NEWUTS, since: '3.0', options: ['--hostname']},
  {name: 'cgroup', sysctl: 'cgroup', flag: 0x0200_0000, since: '4.6', options: none},
  {name: 'time', sysctl: 'time', flag: 0x0000_0080, since: '5.6', options: none},
] as const

function unshare(flags: number, ...names: readonly string[]): Call {
  return {
    name: 'unshare',
    args: [flags],
    shown: `unshare(${names.map(name => `CLONE_NEW${name.toUpperCase()}`).join(' | ')})`,
  }
}

function writeFile(path: string, text: string): readonly Call[] {
  const fd = {slot: 0}
  return [
    {name: 'openat', args: [AT_FDCWD, path, O_WRONLY], shown: `open ${path}`, save: fd},
    {name: 'write', args: [fd, text, Buffer.byteLength(text)], shown: `write to ${path}`},
  ]
}

/** With its maps, and a first use of the rights it gives: AppArmor lets the namespace be made and refuses what follows. */
function probeUserNamespace(): Outcome {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  return tried({
    calls: [
      unshare(CLONE_NEWUSER, 'user'),
      ...writeFile('/proc/self/setgroups', 'deny'),
      ...writeFile('/proc/self/uid_map', `0 ${uid} 1`),
      ...writeFile('/proc/self/gid_map', `0 ${gid} 1`),
      unshare(CLONE_NEWUTS, 'uts'),
    ],
    since: '3.8',
  })
}

function adviseUserNamespace(outcome: NotWell): string {
  if (sysctl('user.max_user_namespaces') === '0') return 'sysctl -w user.max_user_namespaces=15000'
  if (sysctl('kernel.unprivileged_userns_clone') === '0') return 'sysctl -w kernel.unprivileged_userns_clone=1'
  if (sysctl('kernel.apparmor_restrict_unprivileged_userns') === '1')
    return 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for node with "userns,"'
  if (outcome.errno === 'ENOSPC') return 'sysctl user.max_user_namespaces: its limit, here or further out, is reached'
  return allow('unshare', '3.8')(outcome)
}

/** As it is, else together with a user namespace, which is how an ordinary user gets one. */
function probeNamespace(name: string, flag: number, since: string): Outcome {
  const alone = tried({calls: [unshare(flag, name)], since})
  if (alone.state === 'works' || alone.errno !== 'EPERM') return alone
  const together = tried({calls: [unshare(CLONE_NEWUSER | flag, 'user', name)], since})
  if (together.state !== 'works') return alone
  return works(`${alone.evidence}, but not together with CLONE_NEWUSER`, 'together with --unshare user')
}

function adviseNamespace(limit: string, since: string): (outcome: NotWell) => string {
  return outcome => {
    if (outcome.errno === 'ENOSPC')
      return `sysctl user.max_${limit}_namespaces: its limit, here or further out, is reached`
    if (outcome.errno !== 'EPERM' || process.geteuid?.() === 0) return allow('unshare', since)(outcome)
    return 'run it as root, or make user namespaces work: with --unshare user an ordinary user gets it'
  }
}

const probes: readonly Probe[] = [
  {
    id: 'user-namespace',
    title: 'user namespace',
    probe: probeUserNamespace,
    consequence: {
      methods: none,
      options: ['--unshare user', '--map-root-user', '--map-current-user', '--map-users', '--map-groups'],
      text: 'refused; an ordinary user then gets no other namespace either',
    },
    advice: adviseUserNamespace,
  },
  ...others.map(
    ({name, sysctl: limit, flag, since, options}): Probe => ({
      id: `${name}-namespace`,
      title: `${name} namespace`,
      probe: () => probeNamespace(name, flag, since),
      consequence: {methods: none, options: [`--unshare ${name}`, ...options], text: 'refused'},
      advice: adviseNamespace(limit, since),
    }),
  ),
]

export const namespaces: ProbeGroup = {id: 'namespaces', title: 'Namespaces', probes}
