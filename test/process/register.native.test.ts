import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {methods} from '../../dist/index.js'
import type {Method} from '../../src/methods/method.js'
import {has} from '../helpers/needs.js'
import {counts, outcomes, type Run, register, run} from '../helpers/register.js'

const directory = mkdtempSync(join(tmpdir(), 'spawnctl-register-'))
afterAll(() => rmSync(directory, {recursive: true}))

/** Node with a line of CommonJS. */
const evaluate = (code: string, env: NodeJS.ProcessEnv = {}, flags: readonly string[] = ['-r', register]) =>
  run([...flags, '-e', code], env)

/** How many scenarios each program has at least. */
const programs: Readonly<Record<string, number>> = {
  'events.mjs': 35,
  'stdio.mjs': 26,
  'options.mjs': 36,
  'fork.mjs': 21,
  'threads.mjs': 7,
  'sync.mjs': 8,
  'let-go.mjs': 0,
  'packages.mjs': 27,
  'server.mjs': 17,
}

describe.each(Object.entries(programs))('%s is told the same', (program, scenarios) => {
  let node: Run
  beforeAll(async () => {
    node = await run([program])
    expect(node).toMatchObject({status: 0, stderr: ''})
    expect(Object.keys(outcomes(node)).length - 2).toBeGreaterThanOrEqual(scenarios)
  })

  const byMethod = (method: Method) => [`SPAWNCTL_METHOD=${method}`, {SPAWNCTL_METHOD: method}] as const
  const others = program === 'stdio.mjs' ? methods : (['zygote', 'vfork'] as const)

  it.each<readonly [string, NodeJS.ProcessEnv]>([
    ['the default method', {}],
    ['nothing but NODE_OPTIONS', {NODE_OPTIONS: `--import=${register}`}],
    ...others.map(byMethod),
  ])('with register, by %s', async (_, env) => {
    const flags = env.NODE_OPTIONS ? [] : [env.SPAWNCTL_METHOD ? '-r' : '--import', register]
    const ours = await run([...flags, program], {...env, SPAWNCTL_DEBUG: '1'})
    expect(outcomes(ours)).toEqual(outcomes(node))
    expect(counts(ours)).not.toEqual({})
    expect(ours.stderr).not.toMatch(/passed on|Warning|Error/)
  })
})

const startAll = `
  const {execSync, spawn} = require('child_process')
  execSync('true')
  spawn('true').on('exit', () => spawn('no-such-program').on('error', () => {}))
`

describe('SPAWNCTL_METHOD', () => {
  it.each(methods)('%s is taken', async method => {
    const ours = await evaluate(startAll, {SPAWNCTL_METHOD: method, SPAWNCTL_DEBUG: '1'})
    expect(counts(ours)).toEqual({[method]: 1, [`${method} (sync)`]: 1})
  })

  it.each(['', 'auto', undefined])('%j leaves the choice', async method => {
    const ours = await evaluate(startAll, {SPAWNCTL_METHOD: method, SPAWNCTL_DEBUG: '1'})
    expect(counts(ours)).toEqual({'clone-vm': 1, 'clone (sync)': 1})
  })

  it('is said to be no method, and does no harm', async () => {
    const ours = await evaluate(startAll, {SPAWNCTL_METHOD: 'spoon', SPAWNCTL_DEBUG: '1'})
    expect(ours.stderr).toMatch(/SpawnctlWarning: .*SPAWNCTL_METHOD=spoon is no method.*\nnext: one of fork, /)
    expect(counts(ours)).toEqual({'clone-vm': 1, 'clone (sync)': 1})
  })

  it.skipIf(!has.root)('that cannot do it gives way to one that can # needs root', async () => {
    const code = "require('child_process').spawn('id', ['-u'], {uid: 12345, stdio: 'inherit'})"
    const ours = await evaluate(code, {SPAWNCTL_METHOD: 'posix_spawn', SPAWNCTL_DEBUG: '1'})
    expect(ours.stdout).toBe('12345\n')
    expect(counts(ours)).toEqual({clone: 1})
  })
})

describe('register', () => {
  it('is off with SPAWNCTL_DISABLE=1', async () => {
    const ours = await evaluate(startAll, {SPAWNCTL_DISABLE: '1', SPAWNCTL_DEBUG: '1'})
    expect(ours).toEqual({status: 0, stdout: '', stderr: ''})
  })

  it('says nothing without SPAWNCTL_DEBUG', async () => {
    expect(await evaluate(startAll)).toEqual({status: 0, stdout: '', stderr: ''})
  })

  it('says that nothing was spawned', async () => {
    expect((await evaluate('0', {SPAWNCTL_DEBUG: '1'})).stderr).toBe('spawnctl/register: nothing was spawned\n')
  })

  const passedOn = `
    const stdio = [{type: 'ignore'}, {type: 'inherit', fd: 1}, {type: 'ignore'}]
    process.binding('spawn_sync').spawn({file: 'echo', args: ['echo', 5], stdio})
    const handle = new (process.binding('process_wrap').Process)()
    handle.onexit = (...end) => console.log(...end, handle.kill(0) < 0, handle.close())
    const errno = handle.spawn({file: 'echo', args: ['echo', '6'], stdio: [stdio[0], {type: 'number', fd: 1}]})
    console.log(errno, handle.hasRef(), handle.pid > 0, handle.kill(0))
  `

  it.runIf(/^v2[02]/.test(process.version))(
    'passes on what it does not know, and counts it # needs Node 20',
    async () => {
      const ours = await evaluate(passedOn, {SPAWNCTL_DEBUG: '1', NODE_NO_WARNINGS: '1'})
      expect(ours.stdout.split('\n').sort()).toEqual(['', '0  true undefined', '0 true true 0', '5', '6'])
      expect(counts(ours)).toEqual({'passed on to Node': 2})
      expect(ours.stderr).toContain('passed on to Node: args or envPairs are no strings\n')
    },
  )

  it.each<[string, string, RegExp]>([
    ['has no process handle', "process.binding('process_wrap').Process = undefined", /process_wrap has no Process/],
    [
      'has a handle without kill',
      "delete process.binding('process_wrap').Process.prototype.kill; Object.setPrototypeOf(process.binding('process_wrap').Process.prototype, null)",
      /process handle has no/,
    ],
    [
      'lets nobody replace it',
      "Object.defineProperty(process.binding('process_wrap'), 'Process', {writable: false, configurable: false})",
      /cannot be replaced/,
    ],
    ['closes its bindings', "process.binding = () => { throw new Error('closed') }", /says: closed/],
  ])('steps aside, and says so, where Node %s', async (_, change, why) => {
    const file = join(directory, 'change.cjs')
    writeFileSync(file, change)
    const ours = await evaluate('console.log("runs")', {NODE_NO_WARNINGS: ''}, ['-r', file, '-r', register])
    expect(ours).toMatchObject({status: 0, stdout: 'runs\n'})
    expect(ours.stderr).toMatch(/SpawnctlWarning: spawnctl\/register: .*Node’s own is used/)
    expect(ours.stderr).toMatch(why)
  })

  it('says that it came late, and takes over what is called from then on', async () => {
    const code = `const early = require('child_process').spawn
      require(${JSON.stringify(register)})
      early('true')
      require('child_process').spawn('true')
      require('child_process').execSync('true')`
    const ours = await evaluate(code, {SPAWNCTL_DEBUG: '1'}, [])
    expect(ours.stderr).toMatch(/it came late.*\nwhy: .*\nnext: put it first: node --import/)
    expect(counts(ours)).toEqual({'clone-vm': 1, 'clone (sync)': 1})
  })

  it.skipIf(!has.strace)('leaves no plain fork # needs strace', () => {
    const trace = join(directory, 'trace')
    const program = join(directory, 'all.cjs')
    writeFileSync(
      program,
      `${startAll}; require('child_process').fork(${JSON.stringify(join(directory, 'empty.cjs'))})`,
    )
    writeFileSync(join(directory, 'empty.cjs'), '')
    const traced = (flags: readonly string[]) => {
      const words = ['-f', '-e', 'trace=fork,vfork,clone,clone3', '-o', trace, process.execPath, ...flags, program]
      expect(spawnSync('strace', words).status).toBe(0)
      const lines = readFileSync(trace, 'utf8').split('\n')
      const created = lines.filter(line => /\b(v?fork|clone3?)\(/.test(line) && !line.includes('CLONE_THREAD'))
      return {created: created.length, plain: created.filter(line => !/\bvfork|CLONE_VM/.test(line)).length}
    }
    expect(traced([]).plain).toBeGreaterThan(2)
    expect(traced(['--import', register])).toMatchObject({created: 3, plain: 0})
  })
})
