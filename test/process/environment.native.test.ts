import {afterEach, describe, expect, it} from 'vitest'
import {methods, plan, type SpawnOptions, spawn, Zygote} from '../../dist/index.js'
import {ended} from '../helpers/ended.js'
import {runNode} from '../helpers/run-node.js'

const zygote = new Zygote()
afterEach(() => {
  delete process.env.SPAWNCTL_TEST
})

async function environment(options: SpawnOptions = {}): Promise<readonly string[]> {
  return (await ended(spawn('env', ['-0'], {...options, zygote}))).stdout.split('\0').filter(Boolean).sort()
}

const own = () =>
  Object.entries(process.env)
    .map(([name, value]) => `${name}=${value}`)
    .sort()

describe('a child that is given no environment', () => {
  it.each(methods)('has the caller’s at the moment of the spawn, by %s', async method => {
    process.env.SPAWNCTL_TEST = 'grün'
    expect(await environment({method})).toEqual(own())
    delete process.env.SPAWNCTL_TEST
    expect(await environment({method})).toEqual(own())
  })

  it('is looked up in the caller’s PATH', async () => {
    const {PATH} = process.env
    process.env.PATH = '/nowhere'
    const {error} = await ended(spawn('env'))
    process.env.PATH = PATH
    expect(error).toMatchObject({code: 'ENOENT', why: 'PATH of the program is /nowhere'})
  })

  it('is foreseen with the caller’s', () => {
    process.env.SPAWNCTL_TEST = '1'
    expect(plan('env').plan.env).toContain('SPAWNCTL_TEST=1')
    expect(plan('env').command).toBe('spawnctl exec --method clone-vm -- env')
  })

  const library = new URL('../../dist/library.cjs', import.meta.url).pathname
  const report = `require(${JSON.stringify(library)}).spawn('/usr/bin/env', {stdio: 'inherit'})`

  it('is read by Node where a worker may change it meanwhile', async () => {
    const code = `
      const {Worker, SHARE_ENV} = require('node:worker_threads')
      const {spawn} = require(${JSON.stringify(library)})
      const change = 'for (let i = 0; ; i++) process.env.GROWING = "x".repeat(i % 4000)'
      const worker = new Worker(change, {eval: true, env: SHARE_ENV})
      worker.once('online', async () => {
        for (let i = 0; i < 300; i++) await new Promise(done => spawn('/bin/true').on('exit', done))
        console.log('alive')
        process.exit()
      })`
    expect(await runNode(['-e', code])).toEqual({status: 0, stdout: 'alive\n', stderr: ''})
  })

  it.each([
    ['of an object put in the place of process.env', `process.env = {ONLY: 1}; ${report}`, 'ONLY=1\n'],
    [
      'of a worker, which is its own',
      `new (require('node:worker_threads').Worker)(${JSON.stringify(report)}, {eval: true, env: {ONLY: 'worker'}})`,
      'ONLY=worker\n',
    ],
    ['of a process without any', `for (const name in process.env) delete process.env[name]; ${report}`, ''],
  ])('has that %s', async (_, script, expected) => {
    expect(await runNode(['-e', script])).toEqual({status: 0, stdout: expected, stderr: ''})
  })
})

it('an empty environment stays empty', async () => {
  const child = spawn('/usr/bin/env', {env: {}})
  expect((await ended(child)).stdout).toBe('')
})
