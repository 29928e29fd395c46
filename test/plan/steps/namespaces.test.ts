import {describe, expect, it} from 'vitest'
import {methodTraits} from '../../../src/methods/method.js'
import {kindOf} from '../../../src/plan/housekeeping.js'
import {makePlan} from '../../../src/plan/plan.js'
import {ScriptWriter} from '../../../src/plan/script.js'
import type {Step} from '../../../src/plan/step.js'
import {mapsItself} from '../../../src/plan/steps/unshare.js'
import {type options, situation, stepOf, stepsOf} from '../../helpers/plans.js'

type Given = Parameters<typeof options>[0]

/** The caller of the tests is uid 1000, gid 100, with subordinate ids from 100000 on. */
const rootMaps = {
  users: [{inner: 0, outer: 1000, count: 1}],
  groups: [{inner: 0, outer: 100, count: 1}],
  setgroups: 'deny',
} as const

describe('the options of namespaces', () => {
  it.each<[Given, object]>([
    [{unshare: 'net'}, {kind: 'unshare', namespaces: ['net']}],
    [{unshare: 'net,pid,mnt,user'}, {kind: 'unshare', namespaces: ['user', 'mount', 'pid', 'net']}],
    [
      {unshare: 'user', 'map-root-user': true},
      {kind: 'unshare', namespaces: ['user'], ...rootMaps},
    ],
    [{'map-root-user': true}, {kind: 'unshare', namespaces: ['user'], ...rootMaps}],
    [
      {'map-current-user': true},
      {
        kind: 'unshare',
        namespaces: ['user'],
        users: [{inner: 1000, outer: 1000, count: 1}],
        groups: [{inner: 100, outer: 100, count: 1}],
        setgroups: 'deny',
      },
    ],
    [
      {'map-users': '0:100000:65536', 'map-groups': '100000,0,10/1000:1000:1'},
      {
        kind: 'unshare',
        namespaces: ['user'],
        users: [{inner: 0, outer: 100_000, count: 65_536}],
        groups: [
          {inner: 0, outer: 100_000, count: 10},
          {inner: 1000, outer: 1000, count: 1},
        ],
      },
    ],
    [
      {'map-root-user': true, 'map-users': 'auto', setgroups: 'allow'},
      {
        kind: 'unshare',
        namespaces: ['user'],
        users: [
          {inner: 0, outer: 1000, count: 1},
          {inner: 1, outer: 100_000, count: 65_536},
        ],
        groups: [{inner: 0, outer: 100, count: 1}],
        setgroups: 'allow',
      },
    ],
    [
      {'map-current-user': true, 'map-users': '0:5000:2000'},
      {
        kind: 'unshare',
        namespaces: ['user'],
        users: [
          {inner: 1000, outer: 1000, count: 1},
          {inner: 0, outer: 5000, count: 1000},
          {inner: 1001, outer: 6000, count: 1000},
        ],
        groups: [{inner: 100, outer: 100, count: 1}],
        setgroups: 'deny',
      },
    ],
    [
      {'map-current-user': true, join: '7:user'},
      {
        kind: 'unshare',
        namespaces: ['user'],
        users: [{inner: 0, outer: 0, count: 1}],
        groups: [{inner: 5, outer: 5, count: 1}],
        setgroups: 'deny',
      },
    ],
    [
      {'mount-proc': true, unshare: 'pid'},
      {kind: 'unshare', namespaces: ['mount', 'pid']},
    ],
    [{tmpfs: '/tmp'}, {kind: 'unshare', namespaces: ['mount']}],
    [{'pivot-root': '/srv'}, {kind: 'unshare', namespaces: ['mount']}],
  ])('%j is these namespaces', (given, step) => {
    expect(stepOf('unshare', given)).toEqual(step)
  })

  it.each<[Given, Step]>([
    [{join: '12:net,mnt'}, {kind: 'join', targets: [{pid: 12, namespaces: ['mount', 'net']}]}],
    [{join: '12'}, {kind: 'join', targets: [{pid: 12, namespaces: ['mount', 'net']}]}],
    [
      {join: ['/run/netns/blue', '7:user']},
      {kind: 'join', targets: [{path: '/run/netns/blue'}, {pid: 7, namespaces: ['user']}]},
    ],
    [{hostname: 'box'}, {kind: 'hostname', name: 'box'}],
    [{loopback: true}, {kind: 'loopback'}],
    [{init: true}, {kind: 'init'}],
    [{chroot: '/srv'}, {kind: 'root', path: '/srv', by: 'chroot'}],
    [{'pivot-root': '/srv'}, {kind: 'root', path: '/srv', by: 'pivot_root'}],
    [
      {bind: ['/b:/z:ro', '/a:/a/b'], tmpfs: '/a', 'mount-proc': true, chroot: '/srv'},
      {
        kind: 'mounts',
        under: '/srv',
        mounts: [
          {type: 'tmpfs', target: '/a'},
          {type: 'bind', source: '/a', target: '/a/b', readOnly: false},
          {type: 'proc', target: '/proc'},
          {type: 'bind', source: '/b', target: '/z', readOnly: true},
        ],
      },
    ],
    [
      {bind: ['/b:/x//y/z', '/a:/x/./y'], chroot: '/srv'},
      {
        kind: 'mounts',
        under: '/srv',
        mounts: [
          {type: 'bind', source: '/a', target: '/x/./y', readOnly: false},
          {type: 'bind', source: '/b', target: '/x//y/z', readOnly: false},
        ],
      },
    ],
    [{tmpfs: '/work'}, {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/work'}], returnTo: '/work/here'}],
    [
      {tmpfs: '/work', cwd: 'x'},
      {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/work'}], returnTo: '/work/here'},
    ],
    [
      {tmpfs: '/work', cwd: '/x'},
      {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/work'}]},
    ],
    [
      {tmpfs: '/work', chroot: '/x'},
      {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/work'}], under: '/x'},
    ],
  ])('%j is this step', (given, step) => {
    expect(stepsOf(given)).toContainEqual(step)
  })

  it.each<[Given, string]>([
    [{unshare: 'nett'}, 'does not know the namespace "nett"'],
    [{unshare: ''}, 'does not know the namespace ""'],
    [{unshare: 'net,'}, 'does not know the namespace ""'],
    [{join: 'net'}, '--join wants PID'],
    [{join: '99999999999999999999999'}, '--join 99999999999999999999999: there is no such process'],
    [{join: '4194305:net'}, '--join 4194305: there is no such process'],
    [{join: '1:x'}, 'does not know the namespace "x"'],
    [{'map-root-user': true, 'map-current-user': true}, 'both say who the caller is'],
    [{'map-users': '0:0'}, 'INNER:OUTER:COUNT'],
    [{'map-users': '0:0:0'}, 'INNER:OUTER:COUNT'],
    [{'map-users': '0:4294967295:1'}, 'goes beyond the last id'],
    [{'map-groups': '0:0:4294967296'}, 'goes beyond the last id'],
    [{'map-users': '0:0:10/5:20:10'}, '0:0:10 and 5:20:10 overlap'],
    [{'map-groups': '0:0:10/10:9:1'}, '0:0:10 and 10:9:1 overlap'],
    [{'map-root-user': true, 'map-users': '5:1000:1'}, 'overlap'],
    [{hostname: ''}, '1 to 64 bytes'],
    [{hostname: 'x'.repeat(65)}, '1 to 64 bytes'],
    [{bind: '/a'}, 'SOURCE:TARGET'],
    [{bind: '/a:/b:wo'}, 'SOURCE:TARGET'],
    [{chroot: '/a', 'pivot-root': '/b'}, 'both name the root'],
    [{chroot: ''}, 'empty string'],
  ])('%j is refused', (given, message) => {
    expect(() => stepsOf(given)).toThrow(
      expect.objectContaining({code: 'E_USAGE', message: expect.stringContaining(message)}),
    )
  })
})

describe('a plan', () => {
  it.each<[string, Step, string]>([
    ['a host’s name', {kind: 'hostname', name: 'box'}, 'add uts to --unshare'],
    ['the loopback interface', {kind: 'loopback'}, 'add net to --unshare'],
    ['mounts', {kind: 'mounts', mounts: []}, 'add mount to --unshare'],
    ['pivot_root', {kind: 'root', path: '/srv', by: 'pivot_root'}, 'add mount to --unshare'],
    ['an init', {kind: 'init'}, '--unshare pid --init'],
    ['a map', {kind: 'unshare', namespaces: ['net'], setgroups: 'deny'}, 'add user to the namespaces'],
  ])('refuses %s that would not be in a namespace of its own', (_, step, next) => {
    expect(() => makePlan({file: '/bin/x', argv: ['x'], env: [], steps: [step]})).toThrow(
      expect.objectContaining({code: 'E_STEPS', next}),
    )
  })

  it.each<Step>([
    {kind: 'unshare', namespaces: []},
    {kind: 'join', targets: []},
    {kind: 'join', targets: [{pid: 7, namespaces: []}]},
    {kind: 'cgroup'},
    {kind: 'root', path: 'a\0b', by: 'chroot'},
    {kind: 'mounts', mounts: [{type: 'tmpfs', target: ''}]},
    {kind: 'mounts', mounts: [{type: 'tmpfs', target: '//'}]},
    {kind: 'mounts', mounts: [{type: 'bind', source: '/a', target: '/a/..', readOnly: true}]},
  ])('refuses %j', step => {
    expect(() => makePlan({file: '/bin/x', argv: ['x'], env: [], steps: [step]})).toThrow(
      expect.objectContaining({name: 'PlanError'}),
    )
  })
})

function lowered(step: Step, differences: Parameters<typeof situation>[0] = {}) {
  const script = new ScriptWriter('x64', situation(differences))
  script.begin(step)
  kindOf(step).lower(step, script)
  script.finish()
  return {calls: script.calls.map(({name}) => name), situation: script.situation}
}

const CLONE_NEWUSER_NEWPID_NEWNET = 0x70000000

describe('new namespaces', () => {
  const container: Step = {kind: 'unshare', namespaces: ['user', 'pid', 'cgroup', 'net', 'time'], ...rootMaps}
  const maps = ['openat', 'write', 'close', 'openat', 'write', 'close', 'openat', 'write', 'close']

  it('begin with the creation of the child, if a pid namespace is among them and the method can', () => {
    const {calls, situation: after} = lowered(container, {takesFlags: true})
    expect(calls).toEqual(['unshare', ...maps])
    expect([after.cloneFlags, after.processes]).toEqual([CLONE_NEWUSER_NEWPID_NEWNET, 1])
  })

  it('begin in the child otherwise, and a second process is the first of the pid namespace', () => {
    const {calls, situation: after} = lowered(container)
    expect(calls).toEqual(['unshare', ...maps, 'clone'])
    expect([after.cloneFlags, after.processes]).toEqual([0, 2])
  })

  it('begin in the child when others are joined first', () => {
    const {calls, situation: after} = lowered(container, {takesFlags: true, joins: true})
    expect(calls).toContain('clone')
    expect(after.cloneFlags).toBe(0)
  })

  it('begin in the child without a pid namespace: the steps before may need the rights of outside', () => {
    const {calls, situation: after} = lowered({kind: 'unshare', namespaces: ['user', 'mount']}, {takesFlags: true})
    expect([calls, after.cloneFlags]).toEqual([['unshare', 'mount'], 0])
  })

  it('are made in the user namespace that is ready', () => {
    const step: Step = {kind: 'unshare', namespaces: ['user', 'pid'], users: [], userNamespace: 7}
    expect(lowered(step, {takesFlags: true}).calls).toEqual(['setns', 'unshare', 'clone'])
  })

  it('end with the caller when the program is to', () => {
    expect(lowered({kind: 'init'}, {endsWithCaller: true}).calls).toEqual(['prctl', 'getppid', 'clone'])
  })

  it.each<[string, boolean, Partial<Step & {kind: 'unshare'}>]>([
    ['nothing', true, {}],
    ['its own ids', true, rootMaps],
    ['its own group while groups can still be dropped', false, {groups: rootMaps.groups}],
    ['another’s uid', false, {users: [{inner: 0, outer: 1001, count: 1}]}],
    ['a range', false, {users: [{inner: 0, outer: 1000, count: 2}]}],
    ['two ranges', false, {users: [...rootMaps.users, {inner: 1, outer: 5, count: 1}]}],
  ])('with %s mapped are the child’s own business: %s', (_, itself, step) => {
    const unshare = {kind: 'unshare', namespaces: ['user'], ...step} as const
    expect(mapsItself(unshare, [unshare], {uid: 1000, gid: 100})).toBe(itself)
  })
})

describe('joined namespaces', () => {
  it('are entered through a pidfd, or one that is open', () => {
    const step: Step = {
      kind: 'join',
      targets: [
        {pid: 7, namespaces: ['net']},
        {fd: 9, namespace: 'uts'},
      ],
    }
    expect(lowered(step).calls).toEqual(['pidfd_open', 'setns', 'close', 'setns'])
  })

  it('need a second process for a pid namespace, which only children are ever in', () => {
    expect(lowered({kind: 'join', targets: [{pid: 7, namespaces: ['pid']}]}).calls.at(-1)).toBe('clone')
  })

  it('of time are refused where memory is shared', () => {
    const step = {kind: 'join', targets: [{pid: 7, namespaces: ['time']}]} as const
    expect(kindOf(step).refuses?.(step, methodTraits.clone.birth)).toContain('shares memory')
    expect(kindOf(step).refuses?.(step, methodTraits.fork.birth)).toBeUndefined()
  })
})
