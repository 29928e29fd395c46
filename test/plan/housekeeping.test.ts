import {describe, expect, it} from 'vitest'
import {completeSteps, kindOf, stepKinds} from '../../src/plan/housekeeping.js'
import type {Step} from '../../src/plan/step.js'
import {stepsOf} from '../helpers/plans.js'

/** One of each kind. */
const every: readonly Step[] = [
  {kind: 'sigdefault', signals: [1]},
  {kind: 'sigignore', signals: [2]},
  {kind: 'setsid'},
  {kind: 'setpgid'},
  {kind: 'foreground'},
  {kind: 'cgroup', path: '/box'},
  {kind: 'oom_score_adj', value: 5},
  {kind: 'sched', policy: 'batch'},
  {kind: 'nice', value: 5},
  {kind: 'ionice', class: 'idle', level: 0},
  {kind: 'cpus', cpus: [0]},
  {kind: 'timer_slack', ns: 5},
  {kind: 'personality', persona: 0x0040000},
  {kind: 'rlimits', limits: {core: {soft: 0, hard: 0}}},
  {kind: 'join', targets: [{path: '/run/netns/x'}]},
  {kind: 'unshare', namespaces: ['mount', 'uts', 'pid', 'net']},
  {kind: 'init'},
  {kind: 'hostname', name: 'box'},
  {kind: 'loopback'},
  {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/mnt'}]},
  {kind: 'root', path: '/srv', by: 'chroot'},
  {kind: 'bounding', drop: [5]},
  {kind: 'keepcaps'},
  {kind: 'setgroups', groups: [5]},
  {kind: 'setgid', gid: 5},
  {kind: 'setuid', uid: 5},
  {kind: 'capabilities', permitted: [5], inheritable: [5]},
  {kind: 'ambient', capabilities: [5]},
  {kind: 'securebits', bits: 1},
  {kind: 'chdir', path: '/'},
  {kind: 'umask', mask: 0},
  {kind: 'pdeathsig', signal: 15},
  {kind: 'descriptors', placements: []},
  {kind: 'ctty'},
  {kind: 'nofile', limit: {soft: 5, hard: 5}},
  {kind: 'no_new_privs'},
  {kind: 'sigmask', signals: []},
  {kind: 'ptrace_stop'},
  {kind: 'seccomp', program: new Uint8Array(8)},
]
const order = every.map(({kind}) => kind)
const before = (first: Step['kind'], second: Step['kind']) => order.indexOf(first) < order.indexOf(second)

describe('the order of housekeeping', () => {
  it('is this one', () => {
    expect(stepKinds.map(({kind}) => kind)).toEqual(order)
  })

  it.each<[string, Step['kind'], Step['kind']]>([
    ['signals go to default while all are blocked', 'sigdefault', 'sigmask'],
    ['what is ignored overrides what is default', 'sigdefault', 'sigignore'],
    ['the cgroup namespace begins at the cgroup', 'cgroup', 'unshare'],
    ['limits may be raised with the right that a user namespace takes away', 'rlimits', 'unshare'],
    ['namespaces of others are the ground that new ones are made on', 'join', 'unshare'],
    ['the new pid namespace wants its first process', 'unshare', 'init'],
    ['/proc shows the pid namespace of who mounts it', 'init', 'mounts'],
    ['sources are found from the old root', 'mounts', 'root'],
    ['chroot needs the right that the uid gives away', 'root', 'setuid'],
    ['the working directory is one of the new root', 'root', 'chdir'],
    ['groups need the right that the uid gives away', 'setgroups', 'setuid'],
    ['so does the gid', 'setgid', 'setuid'],
    ['niceness is overwritten by some policies', 'sched', 'nice'],
    ['limits may be raised with the right that the uid gives away', 'rlimits', 'setuid'],
    ['a number above the limit could not be placed', 'descriptors', 'nofile'],
    ['capabilities are kept before the change of user would take them', 'keepcaps', 'setuid'],
    ['the change of user empties the effective ones', 'setuid', 'capabilities'],
    ['and the ambient ones', 'setuid', 'ambient'],
    ['what is ambient has to be inheritable', 'capabilities', 'ambient'],
    ['the group has to be there', 'setpgid', 'foreground'],
    ['standard input has to be in its place', 'descriptors', 'ctty'],
    ['the change of user forgets it', 'setuid', 'pdeathsig'],
    ['a filter may refuse everything but execve', 'sigmask', 'seccomp'],
    ['a pending signal would stop a traced child before execve', 'sigmask', 'ptrace_stop'],
    ['without privileges a filter needs it', 'no_new_privs', 'seccomp'],
    ['only the user may be let into its directory', 'setuid', 'chdir'],
    ['the mask comes when nothing can call a handler any more', 'descriptors', 'sigmask'],
  ])('holds that %s', (_, first, second) => {
    expect(before(first, second)).toBe(true)
  })

  it('does not depend on the order of the steps or of the options', () => {
    expect(completeSteps([...every].reverse())).toEqual(every)
    expect(stepsOf({umask: '0', cwd: '/', setsid: true}).map(({kind}) => kind)).toEqual(
      stepsOf({setsid: true, cwd: '/', umask: '0'}).map(({kind}) => kind),
    )
  })
})

describe('every kind of step', () => {
  it.each(every)('is described in a line: $kind', step => {
    expect(kindOf(step).describe(step)).toMatch(/^\S[^\n]*\S$/)
  })

  it.each(stepKinds)('says why it stands where it stands: $kind', ({summary}) => {
    expect(summary).toMatch(/^[A-Z][^\n]*\.$/)
  })

  it.each([
    ['setuid', 'EPERM', 'sudo'],
    ['setgid', 'EPERM', 'sudo'],
    ['setgroups', 'EPERM', 'sudo'],
    ['setuid', 'EINVAL', 'uid_map'],
    ['chdir', 'ENOENT', 'ls -ld /'],
    ['chdir', 'ENOTDIR', 'ls -ld /'],
    ['chdir', 'EACCES', 'ls -ld /'],
    ['rlimits', 'EPERM', 'ulimit -aH'],
    ['nofile', 'EPERM', 'nr_open'],
    ['sched', 'EPERM', 'sudo'],
    ['sched', 'EBUSY', 'runtime'],
    ['nice', 'EACCES', 'sudo'],
    ['ionice', 'EPERM', 'best-effort'],
    ['cpus', 'EINVAL', 'Cpus_allowed_list'],
    ['oom_score_adj', 'EACCES', 'oom_score_adj'],
    ['bounding', 'EPERM', 'Cap'],
    ['bounding', 'EINVAL', 'cap_last_cap'],
    ['capabilities', 'EPERM', 'Cap'],
    ['ambient', 'EPERM', 'Cap'],
    ['securebits', 'EPERM', 'setpcap'],
    ['root', 'EBUSY', '--pivot-root'],
    ['root', 'EINVAL', '--chroot'],
    ['root', 'ELOOP', 'namei'],
    ['chdir', 'ELOOP', 'namei'],
    ['chdir', 'ENAMETOOLONG', 'namei'],
    ['mounts', 'ELOOP', 'ls -ld'],
    ['mounts', 'ENOTDIR', 'ls -ld'],
    ['foreground', 'ENXIO', 'terminal'],
    ['ctty', 'ENOTTY', '--stdin'],
    ['ctty', 'EPERM', 'terminal'],
    ['seccomp', 'EACCES', '--no-new-privs'],
    ['ptrace_stop', 'EPERM', 'ptrace_scope'],
    ['seccomp', 'EINVAL', 'libseccomp'],
    ['descriptors', 'EBADF', '/proc/self/fd'],
    ['descriptors', 'EMFILE', 'ulimit -n'],
    ['descriptors', 'EINVAL', 'ulimit -n'],
  ] as const)('%s tells what to do about %s', (kind, errno, next) => {
    const step = every.find(candidate => candidate.kind === kind) as Step
    const advice = kindOf(step).explain?.(step, errno)
    expect(advice?.why).toMatch(/\S/)
    expect(advice?.next).toContain(next)
  })

  it('has nothing to add to an error that it does not know', () => {
    for (const step of every) expect(kindOf(step).explain?.(step, 'EIO')).toBeUndefined()
  })
})
