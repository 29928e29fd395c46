import {mkdirSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {constants, getPriority, hostname} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openZygote, runPlan, spawnPlan} from '../../dist/methods/spawn.js'
import {type Method, methods} from '../../src/methods/method.js'
import type {Step} from '../../src/plan/step.js'
import {caller, children, mappings, openDescriptors, threadStatus} from '../helpers/change-caller.js'
import {failure, release, type Zygote} from '../helpers/failure.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'

const {SIGUSR1} = constants.signals
const directory = openDirectory()
const before = {cwd: process.cwd(), umask: process.umask()}
let zygote: Zygote

/** Where the caller is, and what it masks: not the usual values, so that a reset to them would be seen. */
beforeAll(() => {
  mkdirSync(join(directory.path, 'caller'))
  process.chdir(join(directory.path, 'caller'))
  process.umask(0o037)
  caller.blockSignal(SIGUSR1)
  zygote = openZygote()
})

afterAll(() => {
  zygote.close()
  caller.unblockSignal(SIGUSR1)
  process.umask(before.umask)
  process.chdir(before.cwd)
  directory.remove()
})

const fields = [
  'Umask',
  'SigBlk',
  'SigIgn',
  'SigCgt',
  'Uid',
  'Gid',
  'Groups',
  'NoNewPrivs',
  'NSsid',
  'NSpgid',
  'CapEff',
  'CapPrm',
  'CapBnd',
  'CapAmb',
  'Cpus_allowed_list',
  'THP_enabled',
]

/** Everything of the caller that a child's housekeeping could reach by mistake. */
function state() {
  return {
    cwd: process.cwd(),
    dumpable: caller.dumpable(),
    descriptors: openDescriptors(),
    children: children(),
    limits: readFileSync('/proc/self/limits', 'utf8'),
    oomScoreAdj: readFileSync('/proc/self/oom_score_adj', 'utf8'),
    timerSlack: readFileSync('/proc/self/timerslack_ns', 'utf8'),
    niceness: getPriority(),
    ...Object.fromEntries(fields.map(field => [field, threadStatus(field)])),
  }
}

const ordinary: readonly Step[] = [
  {kind: 'setsid'},
  {kind: 'chdir', path: '/'},
  {kind: 'sigmask', signals: [1, 15]},
  {kind: 'sigdefault', signals: [1, 2, 3, 13, 25]},
]
const identity: readonly Step[] = [
  {kind: 'nice', value: 5},
  {kind: 'cpus', cpus: [0]},
  {kind: 'timer_slack', ns: 1_000_000},
  {kind: 'rlimits', limits: {core: {soft: 0, hard: 0}, fsize: {soft: 1e9, hard: 1e9}}},
  {kind: 'bounding', drop: [13]},
  {kind: 'keepcaps'},
  {kind: 'setgroups', groups: [5]},
  {kind: 'setgid', gid: 61234},
  {kind: 'setuid', uid: 61234},
  {kind: 'capabilities', permitted: [8], inheritable: [8]},
  {kind: 'ambient', capabilities: [8]},
  {kind: 'securebits', bits: 1},
  {kind: 'no_new_privs'},
  {kind: 'umask', mask: 0},
  {kind: 'nofile', limit: {soft: 64, hard: 64}},
  {kind: 'sigignore', signals: [1, 2]},
]

const isolation: readonly Step[] = [
  {kind: 'unshare', namespaces: ['mount', 'uts', 'ipc', 'pid', 'cgroup', 'net', 'time']},
  {kind: 'init'},
  {kind: 'hostname', name: 'box'},
  {kind: 'loopback'},
  {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/mnt'}]},
  {kind: 'root', path: '/', by: 'chroot'},
]
/** Made before the child, and joined. */
const manyIds = {inner: 0, outer: 100_000, count: 1000}
const mapped: readonly Step[] = [
  {kind: 'unshare', namespaces: ['user', 'pid'], users: [manyIds], groups: [manyIds]},
  {kind: 'setgid', gid: 0},
  {kind: 'setuid', uid: 0},
]

const capable = methods.filter(method => method !== 'posix_spawn')
const spawn = (method: Method, steps: readonly Step[]) =>
  release(spawnPlan(planFor('/bin/true', {steps}), method, zygote))

describe.each(methods)('the caller of %s', method => {
  it('is as it was before', () => {
    const earlier = state()
    expect(earlier).toMatchObject({Umask: '0037', SigBlk: '0000000000000200', dumpable: 1})
    spawn(method, ordinary)
    expect(state()).toEqual(earlier)
  })

  it('is as it was before a spawn that failed', () => {
    const earlier = state()
    failure(method, planFor('/no/such/program', {steps: ordinary}), zygote)
    failure(method, planFor('/bin/true', {steps: [{kind: 'setsid'}, {kind: 'chdir', path: '/nowhere'}]}), zygote)
    expect(state()).toEqual(earlier)
  })

  it('is as it was before a run to the end, signal handlers too', () => {
    const earlier = state()
    runPlan(planFor('/bin/false', {steps: ordinary}), method)
    expect(state()).toEqual(earlier)
  })

  it('has neither descriptors nor zombies nor memory of 500 children', () => {
    const spawnMany = (count: number) => {
      for (let i = 0; i < count; i++) spawn(method, [])
    }
    spawnMany(20)
    const [descriptors, alive, mapped] = [openDescriptors(), children(), mappings().length]
    spawnMany(500)
    expect([openDescriptors(), children()]).toEqual([descriptors, alive])
    expect(mappings().filter(line => /spawnctl-script|\/dev\/zero/.test(line))).toEqual([])
    expect(mappings().length - mapped).toBeLessThan(250) // V8 maps and unmaps; a leak would be 500 at least
  })
})

const inWorker = `
const {closeSync} = require('node:fs')
const {workerData: {spawning, core, plan, method}} = require('node:worker_threads')
Promise.all([import(spawning), import(core)]).then(([{spawnPlan}, {reapChild}]) => {
  for (let i = 0; i < 40; i++) {
    const {pid, pidfd} = spawnPlan(plan, method)
    reapChild(pid)
    closeSync(pidfd)
  }
})`

describe.skipIf(!has.root)('the caller of several threads’ children that become somebody else # needs root', () => {
  it.each(['vfork', 'clone', 'clone-vm'] as const)('is dumpable as before: %s', async method => {
    const plan = planFor('/bin/true', {steps: [{kind: 'setuid', uid: 61234}]})
    const dist = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href
    const workerData = {spawning: dist('methods/spawn.js'), core: dist('native/core.js'), plan, method}
    const ended = [1, 2, 3].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(inWorker, {eval: true, workerData})
          worker.on('exit', resolve)
          worker.on('error', reject)
        }),
    )
    expect(await Promise.all(ended)).toEqual([0, 0, 0])
    expect(caller.dumpable()).toBe(1)
  })
})

describe.skipIf(!has.unshare).each(capable)(
  'the caller of %s whose child goes into namespaces # needs root and namespaces',
  method => {
    const all = () => ({
      ...state(),
      namespaces: readdirSync('/proc/thread-self/ns').map(name => readlinkSync(`/proc/thread-self/ns/${name}`)),
      root: readlinkSync('/proc/self/root'),
      hostname: hostname(),
      mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
      cgroup: readFileSync('/proc/self/cgroup', 'utf8'),
    })

    it.each([
      ['of its own', isolation],
      ['with many ids', mapped],
    ])('%s is as it was before', (_, steps) => {
      const earlier = all()
      spawn(method, steps)
      expect(all()).toEqual(earlier)
      failure(method, planFor('/no/such/program', {steps}), zygote)
      expect(all()).toEqual(earlier)
      runPlan(planFor('/bin/true', {steps}), method)
      expect(all()).toEqual(earlier)
    })
  },
)

describe.skipIf(!has.root).each(capable)('the caller of %s whose child becomes somebody else # needs root', method => {
  it.each([0, 1])('is as it was before, dumpable or not (%i)', dumpable => {
    caller.setDumpable(dumpable)
    try {
      const earlier = state()
      expect(earlier.dumpable).toBe(dumpable)
      spawn(method, identity)
      expect(state()).toEqual(earlier)
      if (method !== 'clone-vm') spawn(method, [{kind: 'oom_score_adj', value: 900}])
      expect(state()).toEqual(earlier)
      failure(method, planFor('/no/such/program', {steps: identity}), zygote)
      expect(state()).toEqual(earlier)
      runPlan(planFor('/bin/true', {steps: identity}), method)
      expect(state()).toEqual(earlier)
    } finally {
      caller.setDumpable(1)
    }
  })
})
