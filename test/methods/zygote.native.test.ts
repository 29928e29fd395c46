import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, describe, expect, it, vi} from 'vitest'
import {openZygote, spawnPlan} from '../../dist/methods/spawn.js'
import {children} from '../helpers/change-caller.js'
import {failure, release, type Zygote} from '../helpers/failure.js'
import {has} from '../helpers/needs.js'
import {openDirectory, readState, statePlan} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'

const directory = openDirectory()
const opened: Zygote[] = []

function open(): Zygote {
  const zygote = openZygote()
  opened.push(zygote)
  return zygote
}

afterEach(() => {
  for (const zygote of opened.splice(0)) zygote.close()
  expect(children(), 'a closed zygote is gone').toEqual([])
})

function proc(zygote: Zygote, name: string): string {
  return `/proc/${zygote.pid}/${name}`
}

function status(zygote: Zygote, field: string): string | undefined {
  return new RegExp(`^${field}:\\t(.*)$`, 'm').exec(readFileSync(proc(zygote, 'status'), 'utf8'))?.[1]
}

/** What it holds; a request that was answered may still be put away. */
async function holdings(zygote: Zygote): Promise<{fds: string[]; maps: number}> {
  const read = () => ({
    fds: readdirSync(proc(zygote, 'fd')).map(fd => readlinkSync(proc(zygote, `fd/${fd}`)).replace(/\d+/, 'N')),
    maps: readFileSync(proc(zygote, 'maps'), 'utf8').split('\n').length,
  })
  await expect.poll(() => read().fds.length).toBe(4)
  return read()
}

describe('a zygote', () => {
  it('has one thread, all signals blocked, and no descriptor of the caller’s but its socket', async () => {
    const zygote = open()
    expect([status(zygote, 'Threads'), status(zygote, 'SigBlk')]).toEqual(['1', 'fffffffffffbfeff'])
    expect((await holdings(zygote)).fds).toEqual(['/dev/null', '/dev/null', '/dev/null', 'socket:[N]'])
    expect(readFileSync(proc(zygote, 'environ'), 'utf8')).toBe('')
  })

  it('keeps no directory of the caller’s in use', () => {
    const before = process.cwd()
    process.chdir(directory.path)
    try {
      expect(readlinkSync(proc(open(), 'cwd'))).toBe('/')
    } finally {
      process.chdir(before)
    }
  })

  it('is tiny', () => {
    expect(Number.parseInt(status(open(), 'VmRSS') ?? '', 10)).toBeLessThan(1024)
  })

  it('keeps nothing of the requests that it has served, good or bad', async () => {
    const zygote = open()
    const serve = () => {
      release(spawnPlan(planFor('/bin/true'), 'zygote', zygote))
      failure('zygote', planFor('/no/such/program'), zygote)
      failure('zygote', planFor('/bin/true', {steps: [{kind: 'chdir', path: '/nowhere'}]}), zygote)
    }
    serve()
    const before = await holdings(zygote)
    for (let i = 0; i < 100; i++) serve()
    expect(await holdings(zygote)).toEqual(before)
  })

  it('brings its child to where the caller is now, not where it was at the zygote’s start', () => {
    const before = {cwd: process.cwd(), umask: process.umask()}
    const zygote = open()
    const file = join(directory.path, 'state.json')
    const plan = statePlan(file, {}) // compiles print-state, with a mask that lets it be run
    mkdirSync(join(directory.path, 'later'))
    process.chdir(join(directory.path, 'later'))
    process.umask(0o151)
    try {
      release(spawnPlan(plan, 'zygote', zygote))
      expect(readState(file)).toMatchObject({cwd: realpathSync(process.cwd()), umask: 0o151, parent: process.pid})
    } finally {
      process.chdir(before.cwd)
      process.umask(before.umask)
    }
  })

  it('takes the step’s directory and mask over the caller’s', () => {
    const file = join(directory.path, 'steps.json')
    const steps = [
      {kind: 'chdir', path: '/usr'},
      {kind: 'umask', mask: 0o11},
    ] as const
    release(spawnPlan(statePlan(file, {steps}), 'zygote', open()))
    expect(readState(file)).toMatchObject({cwd: realpathSync('/usr'), umask: 0o11})
  })

  it('serves on while others do', () => {
    const [first, second] = [open(), open()]
    for (let i = 0; i < 5; i++)
      for (const zygote of [first, second]) release(spawnPlan(planFor('/bin/true'), 'zygote', zygote))
    first.close()
    opened.splice(opened.indexOf(first), 1)
    release(spawnPlan(planFor('/bin/true'), 'zygote', second))
  })

  it('leaves its children alive when it ends', () => {
    const zygote = open()
    const spawned = spawnPlan(planFor('/bin/sleep', {args: ['30']}), 'zygote', zygote)
    zygote.close()
    opened.splice(opened.indexOf(zygote), 1)
    expect(children()).toEqual(['sleep'])
    process.kill(spawned.pid, 'SIGKILL')
    release(spawned)
  })

  it('is named when it has died, and leaves nothing behind', () => {
    const zygote = open()
    process.kill(zygote.pid, 'SIGKILL')
    expect(failure('zygote', planFor('/bin/true'), zygote)).toMatchObject({
      code: 'E_ZYGOTE',
      exitCode: 125,
      next: expect.stringContaining('open a new one'),
      failure: {stage: 'zygote', method: 'zygote'},
    })
  })
})

const underWay = `
const {openZygote, spawnPlan} = await import(process.argv[1])
const {makePlan} = await import(process.argv[2])
const zygote = openZygote()
console.log(zygote.pid)
const {pid, syscall} = spawnPlan(makePlan({file: '/bin/true', argv: ['true'], env: [], steps: []}), 'zygote', zygote)
console.log(pid, syscall)`

describe.skipIf(!has.strace)('a zygote that is killed before it answers # needs strace', () => {
  it('loses no child that it has made', async () => {
    const dist = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href
    const script = ['--input-type=module', '-e', underWay, dist('methods/spawn.js'), dist('plan/plan.js')]
    const slow = ['-f', '-o', '/dev/null', '-e', 'trace=sendto', '-e', 'inject=sendto:delay_enter=400000']
    const strace = spawn('strace', [...slow, process.execPath, ...script], {stdio: ['ignore', 'pipe', 'inherit']})
    let said = ''
    strace.stdout.on('data', chunk => {
      said += chunk
    })
    const zygote = await vi.waitUntil(() => /^(\d+)\n/.exec(said)?.[1], {timeout: 30_000})
    const isMade = () =>
      readFileSync(`/proc/${zygote}/syscall`, 'utf8').startsWith(process.arch === 'x64' ? '44 ' : '206 ')
    await vi.waitUntil(isMade, {timeout: 30_000, interval: 5})
    process.kill(Number(zygote), 'SIGKILL')
    const [code] = await once(strace, 'exit')
    expect({code, said}).toMatchObject({code: 0, said: expect.stringMatching(/^\d+\n\d+ clone \(in the zygote\)\n$/)})
  })
})
