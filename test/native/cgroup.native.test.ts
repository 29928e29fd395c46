import {once} from 'node:events'
import {existsSync, mkdirSync, readFileSync, rmdirSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Worker} from 'node:worker_threads'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {runPlan, spawnPlan} from '../../dist/methods/spawn.js'
import {reapChild} from '../../dist/native/core.js'
import {launch} from '../../dist/process/launch.js'
import {spawn} from '../../dist/process/spawn.js'
import {methods} from '../../src/methods/method.js'
import type {Step} from '../../src/plan/step.js'
import {type Arch, callerSyscallNumbers} from '../../src/plan/syscalls.js'
import {groupsOf, mounts, name, noLimits, noUnified, unified} from '../helpers/cgroups.js'
import {release} from '../helpers/failure.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'
import {spawnUnder} from '../helpers/spawn-under.js'
import {shellPlan, tell} from '../helpers/tell.js'

const capable = methods.filter(method => method !== 'posix_spawn')
const {ENOSYS} = constants.errno
const arch = process.arch as Arch
const library = fileURLToPath(new URL('../../dist/library.cjs', import.meta.url))
const directory = openDirectory()
afterAll(directory.remove)

const limits = {memoryMax: 64 * 2 ** 20, pidsMax: 20, cpuMax: {quotaUs: 50_000, periodUs: 100_000}}

/** Files of the child's own cgroups, of either version. */
const readOwn = (controller: string, ...files: string[]) => `
  at=$(sed -n 's/^[0-9]*:${controller}://p' /proc/self/cgroup)
  for file in ${files.join(' ')}; do
    cat ${mounts.legacy[controller] ?? mounts.unified}$at/$file 2>/dev/null
  done`

describe.skipIf(noUnified !== '').each(capable)(`a control group, by %s,${noUnified}`, method => {
  beforeAll(() => {
    mkdirSync(unified)
    return () => rmdirSync(unified)
  })

  it.each([unified, `/${name}`, name])('is entered: %s', path => {
    const {lines} = tell(method, [{kind: 'cgroup', path}], 'grep ^0: /proc/self/cgroup', directory.path)
    expect(lines).toEqual([`0::/${name}`])
  })

  it.skipIf(!has.unshare)('is the root of a new cgroup namespace # needs root and namespaces', () => {
    const steps: Step[] = [
      {kind: 'cgroup', path: unified},
      {kind: 'unshare', namespaces: ['cgroup']},
    ]
    expect(tell(method, steps, 'grep ^0: /proc/self/cgroup', directory.path).lines).toEqual(['0::/'])
  })

  it('is entered where clone3 is refused', () => {
    const file = join(directory.path, `without-clone3-${method}`)
    const plan = shellPlan([{kind: 'cgroup', path: unified}], 'grep ^0: /proc/self/cgroup', file)
    const refusals = [{number: callerSyscallNumbers[arch].clone3, errno: ENOSYS}]
    expect(spawnUnder({refusals}, method, plan).error).toBeUndefined()
    expect(readFileSync(file, 'utf8')).toBe(`0::/${name}\n`)
  })
})

describe.skipIf(noLimits !== '').each(capable)(`limits, by %s,${noLimits}`, method => {
  const step: Step = {kind: 'cgroup', limits}
  const directories = () => groupsOf(process.pid)

  it('are those of a group of its own, which is gone afterwards', () => {
    const script = [
      readOwn('memory', 'memory.max', 'memory.limit_in_bytes'),
      readOwn('pids', 'pids.max'),
      readOwn('cpu', 'cpu.max', 'cpu.cfs_quota_us', 'cpu.cfs_period_us'),
    ].join('\n')
    const {lines} = tell(method, [step], script, directory.path)
    expect(lines.join(' ')).toBe(`${limits.memoryMax} 20 50000 100000`)
    expect(directories()).toEqual([])
  })

  it('are kept', () => {
    const script = '/bin/true; echo all'
    const few = tell(method, [{kind: 'cgroup', limits: {pidsMax: 1}}], script, directory.path)
    expect(few.lines).toEqual([])
    expect(tell(method, [step], script, directory.path).lines).toEqual(['all'])
  })

  it.each([
    [{memoryMax: 16 * 2 ** 20}, 'x=bytearray(64 << 20)', {signal: 9, limitsMet: ['memory']}],
    [{pidsMax: 1}, 'import os; os.fork()', {exitCode: 1, limitsMet: ['pids']}],
    [{memoryMax: 64 * 2 ** 20, pidsMax: 5}, '', {exitCode: 0, limitsMet: []}],
  ] as const)('are told when they were met: %j', (limits, script, expected) => {
    const steps: Step[] = [
      {kind: 'cgroup', limits},
      {kind: 'descriptors', placements: [{to: 2, from: {path: '/dev/null', access: 'write'}}]},
    ]
    expect(runPlan(planFor('python3', {args: ['-c', script], steps}), method)).toMatchObject(expected)
    expect(directories()).toEqual([])
  })

  it('leave nothing behind of a spawn that failed', () => {
    expect(() =>
      spawnPlan(planFor('/no/such/program', {steps: [step]}), method === 'zygote' ? 'clone' : method),
    ).toThrow(expect.objectContaining({code: 'E_NOT_FOUND'}))
    expect(directories()).toEqual([])
  })
})

describe.skipIf(noLimits !== '')(`a group of its own${noLimits}`, () => {
  const plan = planFor('/bin/true', {steps: [{kind: 'cgroup', limits: {pidsMax: 5}}]})

  it('is the holder’s to remove after spawnPlan', () => {
    const spawned = spawnPlan(plan, 'clone')
    expect(spawned.cgroups).toHaveLength(1)
    release(spawned)
    for (const path of spawned.cgroups) rmdirSync(path)
  })

  const nameOf = (paths: readonly string[]) => /^(.*-)(\d+)$/.exec(paths[0] ?? '')?.slice(1) as [string, string]

  it('takes no name of one that is there, and leaves that as it is', () => {
    const first = spawnPlan(plan, 'clone')
    release(first)
    const [stem, number] = nameOf(first.cgroups)
    const taken = `${stem}${Number(number) + 1}`
    mkdirSync(taken)
    const second = spawnPlan(plan, 'clone')
    release(second)
    expect(nameOf(second.cgroups)).toEqual([stem, String(Number(number) + 2)])
    for (const path of [...first.cgroups, taken, ...second.cgroups]) rmdirSync(path)
  })

  it('can be had by every thread', async () => {
    const script = `
      const {spawn} = require('${library}')
      spawn('sleep', ['0.3'], {pidsMax: 5}).on('exit', code => process.exit(code))`
    const ends = Array.from({length: 4}, () => once(new Worker(script, {eval: true}), 'exit'))
    expect(await Promise.all(ends)).toEqual(ends.map(() => [0]))
    expect(groupsOf(process.pid)).toEqual([])
  })

  it('goes with the child that was launched', async () => {
    const child = launch(plan, 'clone')
    expect(child.cgroups).toHaveLength(1)
    await child.exit
    expect(child.cgroups.filter(existsSync)).toEqual([])
  })

  it('tells the child of the library which limits it met', async () => {
    const child = spawn('sh', ['-c', '/bin/true; :'], {pidsMax: 1, stdio: 'ignore'})
    expect(child.limitsMet).toBeUndefined()
    await once(child, 'exit')
    expect(child.limitsMet).toEqual(['pids'])
  })

  it('below one that does not exist is refused', () => {
    const steps: Step[] = [{kind: 'cgroup', path: '/no/such/group', limits: {pidsMax: 5}}]
    expect(() => reapChild(spawnPlan(planFor('/bin/true', {steps}), 'clone').pid)).toThrow(
      expect.objectContaining({code: 'E_CGROUP', message: 'there is no control group /no/such/group'}),
    )
  })
})
