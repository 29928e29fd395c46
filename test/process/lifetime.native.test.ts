import {execFileSync, spawn as nodeSpawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {constants} from 'node:os'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'
import {methods, spawn, Zygote} from '../../dist/index.js'
import {type Arch, callerSyscallNumbers} from '../../src/plan/syscalls.js'
import {groupsOf, noLimits} from '../helpers/cgroups.js'
import {children, openDescriptors} from '../helpers/change-caller.js'
import {fixture} from '../helpers/fixture.js'
import {has} from '../helpers/needs.js'
import {runProgram, until} from '../helpers/run-cli.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const patienceMs = 60_000

interface State {
  readonly descriptors: number
  readonly threads: number
  readonly zombies: number
  readonly heapKiB: number
}

/** The state in /proc/PID/stat; undefined when it is gone. */
function processState(pid: number | undefined): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

function nameOf(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
}

function sleepUntil(done: () => boolean): void {
  const end = Date.now() + patienceMs
  while (!done() && Date.now() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
}

describe('many children', () => {
  it('leave nothing behind, with workers that come and go', () => {
    const lines = execFileSync(process.execPath, ['--expose-gc', 'bench/leaks.mjs', '3000'], {
      cwd: root,
      encoding: 'utf8',
    })
    const states: State[] = lines
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const [, , early] = states as [State, State, State]
    const late = states.at(-1) as State
    expect(states).toHaveLength(11)
    expect(late).toMatchObject({descriptors: early.descriptors, threads: early.threads, zombies: 0})
    expect(late.heapKiB).toBeLessThan(early.heapKiB * 1.3)
  })

  it('are alive at once', async () => {
    await once(spawn('true'), 'close')
    const before = openDescriptors()
    const all = Array.from({length: 1000}, () => spawn('cat', {stdio: ['pipe', 'ignore', 'ignore']}))
    const ends = all.map(child => once(child, 'exit'))
    expect(new Set(all.map(({pid}) => pid)).size).toBe(1000)
    expect(all.every(({pid}) => processState(pid) !== undefined)).toBe(true)
    for (const child of all) child.stdin?.end()
    expect(await Promise.all(ends)).toEqual(Array(1000).fill([0, null]))
    await new Promise(setImmediate)
    expect(openDescriptors()).toEqual(before)
    expect(children()).toEqual([])
  })

  it.skipIf(noLimits)(`leave no control group to those who end a little later${noLimits}`, async () => {
    const large = 'python3 -c "import time; large = bytearray(50000000); time.sleep(100)"'
    const script = `for i in 1 2 3 4; do ${large} & done; sleep 0.3; kill -KILL 0`
    const ends = Array.from({length: 3}, () =>
      once(spawn('sh', ['-c', script], {memoryMax: '500M', pidsMax: 60, detached: true, stdio: 'ignore'}), 'exit'),
    )
    expect(await Promise.all(ends)).toEqual(Array(3).fill([null, 'SIGKILL']))
    await until('the end of the groups', () => groupsOf(process.pid).length === 0)
  })

  it('leave their stack to the next one as soon as their program runs', async () => {
    const mappings = () => readFileSync('/proc/self/maps', 'utf8').split('\n').length
    const all = [spawn('cat')]
    sleepUntil(() => nameOf(all[0]?.pid) === 'cat')
    const before = mappings()
    for (let i = 0; i < 100; i++) {
      const child = spawn('cat')
      all.push(child)
      sleepUntil(() => nameOf(child.pid) === 'cat')
    }
    expect(mappings() - before).toBeLessThan(50)
    const ends = all.map(child => once(child, 'exit'))
    for (const child of all) child.stdin?.end()
    expect(await Promise.all(ends)).toEqual(Array(101).fill([0, null]))
  })
})

/** How many mappings a hundred programs have left that all run. */
const running = `
const {spawn} = await import(process.argv[1])
const {readFileSync} = await import('node:fs')
const mappings = () => readFileSync('/proc/self/maps', 'utf8').split('\\n').length
const start = () => {
  const child = spawn('/bin/cat')
  while (readFileSync('/proc/' + child.pid + '/comm', 'utf8') !== 'cat\\n');
  return child
}
const all = [start()]
const before = mappings()
for (let i = 0; i < 100; i++) all.push(start())
console.log(mappings() - before)
for (const child of all) child.stdin.end()`

describe('many children where clone3 is refused', () => {
  it('leave their stack to the next one as soon as their program runs', async () => {
    const refusal = `${callerSyscallNumbers[process.arch as Arch].clone3}:${constants.errno.ENOSYS}`
    const library = new URL('../../dist/index.js', import.meta.url).href
    const words = ['--input-type=module', '-e', running, library]
    const {status, stdout} = await runProgram(fixture('refuse-then-exec'), [refusal, '--', process.execPath, ...words])
    expect(status).toBe(0)
    expect(Number(stdout)).toBeLessThan(150) // Node maps more by itself; stacks and blocks that stay are 200
  })
})

describe('an exit', () => {
  it.each(methods)('is told that came before anybody looked, by %s', async method => {
    const zygote = method === 'zygote' ? new Zygote() : undefined
    try {
      const all = Array.from({length: 20}, (_, i) =>
        spawn('sh', ['-c', `exit ${i}`], {method, zygote, stdio: 'ignore'}),
      )
      sleepUntil(() => all.every(({pid}) => ['Z', undefined].includes(processState(pid))))
      const ends = await Promise.all(all.map(child => once(child, 'exit')))
      expect(ends).toEqual(all.map((_, i) => [i, null]))
    } finally {
      zygote?.close()
    }
  })

  it('of a child of Node’s own is not stolen, nor is one of ours', async () => {
    const starts = [nodeSpawn, spawn]
    const all = Array.from({length: 200}, (_, i) =>
      (starts[i % 2] as typeof nodeSpawn)('sh', ['-c', `exit ${i}`], {stdio: 'ignore'}),
    )
    spawnSync('true')
    const ends = await Promise.all(all.map(child => once(child, 'exit')))
    expect(ends).toEqual(all.map((_, i) => [i, null]))
  })
})

describe.skipIf(!has.strace)('an execve that takes its time # needs strace', () => {
  const program = fileURLToPath(new URL('../fixtures/slow-exec.mjs', import.meta.url))
  const slowExec = ['-f', '-o', '/dev/null', '-e', 'trace=execve', '-e', 'inject=execve:delay_enter=300000']

  it.each([
    ['default', [true, true, true]],
    ['clone', [false, false, false]],
  ])('is waited for by the method %s: %j', (method, waits) => {
    const {stdout} = spawnSync('strace', [...slowExec, process.execPath, program, method], {encoding: 'utf8'})
    const ends = [
      [0, null],
      [3, null],
      [null, 'SIGTERM'],
    ]
    expect(JSON.parse(stdout)).toEqual({waits, ends})
  })
})

/** A tracer holds the end of a child back; what the caller does with the processor meanwhile, as a share of the time. */
const held = `
const {spawn} = await import(process.argv[1])
const {spawn: plain} = await import('node:child_process')
const child = spawn('/bin/sleep', ['1009'])
const tracer = plain(process.argv[2], [String(child.pid)], {stdio: ['pipe', 'pipe', 'inherit']})
let share
tracer.stdout.once('data', () => {
  child.kill('SIGKILL')
  const [before, start] = [process.cpuUsage(), performance.now()]
  setTimeout(() => {
    const {user, system} = process.cpuUsage(before)
    share = (user + system) / 1000 / (performance.now() - start)
    tracer.stdin.end()
  }, 500)
})
child.on('exit', (code, signal) => console.log(JSON.stringify({signal, share})))`

describe('a child whose end a tracer holds back', () => {
  it('is told of when it can be, and until then looked after without haste', () => {
    const library = new URL('../../dist/index.js', import.meta.url).href
    const words = ['--input-type=module', '-e', held, library, fixture('hold-zombie')]
    const {signal, share} = JSON.parse(execFileSync(process.execPath, words, {encoding: 'utf8'}))
    expect(signal).toBe('SIGKILL')
    expect(share).toBeLessThan(0.5)
  })
})
