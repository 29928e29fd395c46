import * as node from 'node:child_process'
import {describe, expect, expectTypeOf, it} from 'vitest'
import {
  execFileSync,
  execSync,
  methods,
  PlanError,
  SpawnError,
  type SpawnSyncReturns,
  spawnSync,
  Zygote,
} from '../../dist/index.js'
import {openDescriptors} from '../helpers/change-caller.js'

function thrownBy(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

describe('the library’s synchronous calls', () => {
  it.each(methods)('run by %s, and say so', method => {
    const zygote = method === 'zygote' ? new Zygote() : undefined
    try {
      const options = {method, zygote, input: 'in', encoding: 'utf8'} as const
      const {pid, ...rest} = spawnSync('sh', ['-c', 'cat; echo err >&2; exit 3'], options)
      const [stdout, stderr] = ['in', 'err\n']
      expect(rest).toEqual({status: 3, signal: null, output: [null, stdout, stderr], stdout, stderr, method})
      expect(execFileSync('cat', options)).toBe('in')
      expect(execSync('cat', options)).toBe('in')
    } finally {
      zygote?.close()
    }
  })

  it('run by clone where nothing is asked for', () => {
    expect(spawnSync('true').method).toBe('clone')
    expect(spawnSync('true', null as never, {}).method).toBe('clone')
    expect(spawnSync('true', [], {method: 'vfork'}).method).toBe('vfork')
    expect(spawnSync('true', {method: 'vfork'}).method).toBe('vfork')
  })

  it('take housekeeping beyond Node’s options', () => {
    expect(execSync('umask', {umask: 0o031, encoding: 'utf8'}).trim()).toBe('0031')
  })

  it('leave Node’s own as it was', () => {
    const binding = (process as unknown as {binding(name: string): {spawn: unknown}}).binding('spawn_sync')
    const before = binding.spawn
    spawnSync('true')
    thrownBy(() => execSync('exit 1', {stdio: 'pipe'}))
    thrownBy(() => spawnSync('true', {uid: 1, method: 'posix_spawn'}))
    expect(binding.spawn).toBe(before)
    expect(node.spawnSync('true')).not.toHaveProperty('method')
  })
})

describe('a failure', () => {
  const known = {code: 'ENOENT', errno: -2, path: '/no/such', spawnargs: ['a']}
  const failure = {stage: 'exec', method: 'clone', syscall: 'execve', errno: 'ENOENT'}

  it('to start is a SpawnError with all of Node’s fields', () => {
    const {error} = spawnSync('/no/such', ['a'])
    expect(error).toBeInstanceOf(SpawnError)
    expect(error).toMatchObject({...known, syscall: 'spawnSync /no/such', failure})
    expect(error?.message).toBe('/no/such: no such file')
  })

  it('to start is thrown by the other two', () => {
    const error = thrownBy(() => execFileSync('/no/such', ['a'])) as Error & {error: unknown}
    expect(error).toBeInstanceOf(SpawnError)
    expect(error).toMatchObject({...known, failure, status: null, signal: null, output: null, pid: 0, method: 'clone'})
    expect(error.error).toBe(error)
    expect(thrownBy(() => execSync('true', {cwd: '/no/such'}))).toMatchObject({failure: {stage: 'step', step: 'chdir'}})
  })

  it('of the program is Node’s own error', () => {
    expect(thrownBy(() => execSync('exit 4', {stdio: 'pipe'}))).toMatchObject({
      status: 4,
      message: 'Command failed: exit 4',
    })
    expect(spawnSync('sleep', ['60'], {timeout: 20}).error).toMatchObject({
      code: 'ETIMEDOUT',
      syscall: 'spawnSync sleep',
    })
  })

  it('to be a plan at all is thrown before anything exists', () => {
    const before = openDescriptors()
    const error = thrownBy(() => spawnSync('true', {uid: 1, method: 'posix_spawn'}))
    expect(error).toBeInstanceOf(PlanError)
    expect(error).toMatchObject({code: 'E_REFUSED'})
    expect(openDescriptors()).toEqual(before)
  })

  it('of the options is Node’s own error', () => {
    expect(thrownBy(() => spawnSync('true', {timeout: -1}))).toMatchObject({code: 'ERR_OUT_OF_RANGE'})
    expect(thrownBy(() => execSync(3 as never))).toMatchObject({code: 'ERR_INVALID_ARG_TYPE'})
  })
})

it('has text for an encoding, and bytes without', () => {
  expectTypeOf(spawnSync<object>).returns.toEqualTypeOf<SpawnSyncReturns<Buffer>>()
  expectTypeOf(() => spawnSync('a', ['b'])).returns.toEqualTypeOf<SpawnSyncReturns<Buffer>>()
  expectTypeOf(() => spawnSync('a', {encoding: 'utf8'})).returns.toEqualTypeOf<SpawnSyncReturns<string>>()
  expectTypeOf(() => spawnSync('a', ['b'], {encoding: 'buffer'})).returns.toEqualTypeOf<SpawnSyncReturns<Buffer>>()
  expectTypeOf(() => execSync('a', {encoding: 'utf8', method: 'fork'})).returns.toEqualTypeOf<string>()
  expectTypeOf(() => execFileSync('a', ['b'], {argv0: 'c'})).returns.toEqualTypeOf<Buffer>()
  expectTypeOf((options: node.ExecSyncOptions) => execSync('a', options)).returns.toEqualTypeOf<Buffer | string>()
})
