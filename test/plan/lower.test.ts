import {describe, expect, it} from 'vitest'
import {type Lowering, lower, posixSpawnRefusal} from '../../src/plan/lower.js'
import {signalList} from '../../src/plan/signals.js'
import type {SpawnFeatures, Step} from '../../src/plan/step.js'
import {type Arch, syscallNumbers} from '../../src/plan/syscalls.js'
import {decodeBlock, writtenLayout} from '../helpers/block.js'
import {planFor} from '../helpers/plans.js'

const kept = {kind: 'descriptors', placements: [0, 1, 2].map(fd => ({to: fd, from: fd}))} as const
const script: Lowering = {methodNumber: 1, arch: 'x64', form: 'script', openFds: undefined}
const planOf = (...steps: Step[]) => planFor('/bin/x', {steps: [kept, ...steps]})
const block = (lowering: Lowering, ...steps: Step[]) =>
  decodeBlock(lower(planOf(...steps), lowering).image, writtenLayout)

/** The calls that a step adds to those of a plan without it: name, numbers, and the bytes that arguments point at. */
function callsOf(step: Step) {
  const {calls, image} = lower(planOf(step), script)
  const {steps} = decodeBlock(image, writtenLayout)
  return calls.flatMap((call, i) => {
    if (call.step !== step) return []
    const args = steps[i]!.args.slice(0, call.args.length)
    return [[call.name, ...args.map(arg => (typeof arg === 'object' && 'bytes' in arg ? arg.bytes : arg))]]
  })
}

const bytesOf = (...words: bigint[]) => Buffer.from(BigUint64Array.from(words).buffer)
const startingWith = (bytes: Uint8Array) => ({
  asymmetricMatch: (other: unknown) =>
    other instanceof Uint8Array && Buffer.compare(other.subarray(0, bytes.length), bytes) === 0,
})

describe('a step as system calls', () => {
  it.each<[Step, unknown[][]]>([
    [{kind: 'setsid'}, [['setsid']]],
    [{kind: 'setpgid'}, [['setpgid', 0n, 0n]]],
    [{kind: 'setuid', uid: 1000}, [['setuid', 1000n]]],
    [{kind: 'setuid', uid: 0xfffffffe}, [['setuid', 0xfffffffen]]],
    [{kind: 'setgid', gid: 5}, [['setgid', 5n]]],
    [{kind: 'setgroups', groups: []}, [['setgroups', 0n, expect.anything()]]],
    [
      {kind: 'setgroups', groups: [5, 0xfffffffe]},
      [['setgroups', 2n, startingWith(Buffer.from(Uint32Array.of(5, 0xfffffffe).buffer))]],
    ],
    [{kind: 'chdir', path: '/tmp'}, [['chdir', startingWith(Buffer.from('/tmp\0'))]]],
    [{kind: 'chdir', path: Uint8Array.of(0x2f, 0xff)}, [['chdir', startingWith(Buffer.of(0x2f, 0xff, 0))]]],
    [{kind: 'umask', mask: 0o27}, [['umask', 0o27n]]],
    [{kind: 'sigmask', signals: [1, 64]}, [['rt_sigprocmask', 2n, startingWith(bytesOf((1n << 63n) | 1n)), 0n, 8n]]],
    [
      {kind: 'sigdefault', signals: [13, 25]},
      [13n, 25n].map(signal => ['rt_sigaction', signal, startingWith(bytesOf(0n, 0n, 0n, 0n)), 0n, 8n]),
    ],
    [{kind: 'sigignore', signals: [1]}, [['rt_sigaction', 1n, startingWith(bytesOf(1n, 0n, 0n, 0n)), 0n, 8n]]],
  ])('is right for %j', (step, calls) => {
    expect(callsOf(step)).toEqual(calls)
  })

  it.each(['x64', 'arm64'] as const)('has the numbers of %s', (arch: Arch) => {
    const {calls} = lower(planOf({kind: 'setsid'}, {kind: 'umask', mask: 0}), {...script, arch})
    expect(calls.map(({nr}) => nr)).toEqual(calls.map(({name}) => syscallNumbers[arch][name]))
    expect(new Set(calls.map(({name}) => name))).toContain('umask')
  })

  it('is found again by the index of a call that failed', () => {
    const {calls} = lower(planOf({kind: 'umask', mask: 0}, {kind: 'chdir', path: '/'}), script)
    expect(calls.map(({step}) => step.kind)).toEqual([
      'sigdefault',
      'sigdefault',
      'chdir',
      'umask',
      'descriptors',
      'descriptors',
      'descriptors',
      'descriptors',
      'sigmask',
    ])
  })
})

describe('the block of a plan', () => {
  it.each<[Step, number]>([
    [{kind: 'setuid', uid: 1}, 1],
    [{kind: 'setgid', gid: 1}, 1],
    [{kind: 'setgroups', groups: []}, 0],
    [{kind: 'umask', mask: 0}, 2],
  ])('says whether the identity changes, and that the view stays the same: %j', (step, traits) => {
    expect(block(script, step).traits).toBe(traits)
  })

  it.each([
    [[], 3],
    [[{to: 7, from: 'closed'}], 8],
    [[{to: 0, from: 9}], 10],
    [[{to: 1000, from: 3}], 1001],
  ] as const)('has its floor above every descriptor of %j', (placements, floor) => {
    const plan = planFor('/bin/x', {steps: [{kind: 'descriptors', placements}]})
    expect(decodeBlock(lower(plan, script).image, writtenLayout).fdFloor).toBe(floor)
  })

  it('carries the candidates of the child’s PATH', () => {
    const plan = planFor('prog', {env: ['PATH=/a:/b']})
    const steps = plan.steps.map(step => (step.kind === 'descriptors' ? kept : step))
    const {image, candidates} = lower({...plan, steps}, script)
    expect(decodeBlock(image, writtenLayout).candidates).toEqual(['/a/prog', '/b/prog'])
    expect(candidates.map(String)).toEqual(['/a/prog', '/b/prog'])
  })

  it('lets the zygote’s child catch up with the caller before any step', () => {
    const zygote: Lowering = {
      methodNumber: 6,
      arch: 'x64',
      form: 'zygote',
      openFds: undefined,
      zygoteSocket: 17,
      caller: {cwdFd: 23, umask: 0o77},
    }
    const {calls, image} = lower(planOf({kind: 'setuid', uid: 5}), zygote)
    expect(calls.slice(0, 2).map(({name}) => name)).toEqual(['fchdir', 'umask'])
    const decoded = decodeBlock(image, writtenLayout)
    expect(decoded).toMatchObject({zygoteSocket: 17, sentFds: [23, 0, 1, 2], slotCount: 4})
    expect(decoded.steps.slice(0, 2).map(({args}) => args[0])).toEqual([{slot: 0n}, 0o77n])
  })

  it('has no socket and sends nothing without a zygote', () => {
    expect(block(script)).toMatchObject({zygoteSocket: -1, sentFds: [], actions: []})
  })

  it('says signals and session to posix_spawn by attributes, with no call of ours', () => {
    const lowering: Lowering = {methodNumber: 3, arch: 'x64', form: 'posix_spawn', openFds: undefined}
    const decoded = block(
      lowering,
      {kind: 'setpgid'},
      {kind: 'sched', policy: 'rr', priority: 7},
      {kind: 'sigdefault', signals: [13]},
      {kind: 'sigmask', signals: [2]},
    )
    expect(decoded.steps).toEqual([])
    expect(decoded.attributes).toEqual({
      setsid: 0,
      setpgroup: 1,
      sigmask: 2n,
      sigdefault: (1n << 12n) | (1n << 31n) | (1n << 32n), // with libc's own 32 and 33, which it would leave ignored
      schedPolicy: 2,
      schedPriority: 7,
    })
    expect(block(lowering, {kind: 'setpgid'}).attributes).toMatchObject({schedPolicy: -1})
  })

  it('says the terminal’s foreground to posix_spawn by a descriptor above every number that is named', () => {
    const lowering: Lowering = {methodNumber: 3, arch: 'x64', form: 'posix_spawn', openFds: undefined}
    const {actions} = block(lowering, {kind: 'foreground'})
    expect(actions.slice(0, 3)).toEqual([
      {kind: 5, fd: 3, target: 0o402, path: '/dev/tty'},
      {kind: 6, fd: 3, target: 0, path: undefined},
      {kind: 2, fd: 3, target: 0, path: undefined},
    ])
  })
})

describe('posix_spawn', () => {
  const able: SpawnFeatures = {chdir: true, closefrom: true, tcsetpgrp: true, scheduling: true}
  const old: SpawnFeatures = {chdir: false, closefrom: false, tcsetpgrp: false, scheduling: false}

  it.each<[Step, SpawnFeatures, string | undefined]>([
    [{kind: 'setsid'}, able, undefined],
    [{kind: 'setpgid'}, able, undefined],
    [{kind: 'chdir', path: '/'}, able, undefined],
    [{kind: 'chdir', path: '/'}, old, 'addchdir_np'],
    [{kind: 'foreground'}, able, undefined],
    [{kind: 'foreground'}, old, 'addtcsetpgrp_np'],
    [{kind: 'sched', policy: 'other'}, able, undefined],
    [{kind: 'sched', policy: 'fifo', priority: 1}, able, undefined],
    [{kind: 'sched', policy: 'other'}, old, 'ENOSYS'],
    [{kind: 'sched', policy: 'batch'}, able, 'no policy but other, fifo, rr'],
    [{kind: 'sched', policy: 'deadline', runtime: 2000, deadline: 3000, period: 3000}, able, 'no policy but'],
    [{kind: 'sigdefault', signals: signalList('all')}, able, undefined],
    [{kind: 'sigmask', signals: [1, 31, 34, 64]}, able, undefined],
    [{kind: 'sigmask', signals: [32]}, able, '32 and 33'],
    [{kind: 'sigmask', signals: signalList('all')}, able, '32 and 33'],
    [{kind: 'descriptors', placements: [{to: 1, from: 2}]}, old, undefined],
    [{kind: 'umask', mask: 0}, able, 'no attribute for the umask'],
    [{kind: 'setuid', uid: 0}, able, 'not become somebody else'],
    [{kind: 'setgid', gid: 0}, able, 'not become somebody else'],
    [{kind: 'setgroups', groups: []}, able, 'not become somebody else'],
    [{kind: 'sigignore', signals: [1]}, able, 'not to be ignored'],
  ])('says of %j with %j: refused because of %s', (step, features, reason) => {
    const refusal = posixSpawnRefusal(planFor('/bin/x', {steps: [step]}), features)
    if (reason === undefined) expect(refusal).toBeUndefined()
    else expect(refusal?.reason).toContain(reason)
  })

  it('names the first step that it cannot say, as a person would', () => {
    const plan = planFor('/bin/x', {
      steps: [
        {kind: 'umask', mask: 0o27},
        {kind: 'setgid', gid: 5},
      ],
    })
    expect(posixSpawnRefusal(plan, able)?.step).toBe('gid 5')
  })
})
