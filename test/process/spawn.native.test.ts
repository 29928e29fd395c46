import * as node from 'node:child_process'
import {once} from 'node:events'
import {closeSync, openSync, readFileSync} from 'node:fs'
import {dirname} from 'node:path'
import {text} from 'node:stream/consumers'
import {afterAll, describe, expect, expectTypeOf, it} from 'vitest'
import {methods, type SpawnOptions, spawn, spawnSync, Zygote} from '../../dist/index.js'
import {ended} from '../helpers/ended.js'
import {has} from '../helpers/needs.js'

const zygote = new Zygote()
afterAll(() => zygote.close())

/** What a shell script says under these options. */
async function says(script: string, options: SpawnOptions = {}): Promise<string> {
  return (await ended(spawn('sh', ['-c', script], options))).stdout.trim()
}

describe('spawn', () => {
  it('returns Node’s ChildProcess', async () => {
    const child = spawn('cat')
    expect(child).toBeInstanceOf(node.ChildProcess)
    expect(child.spawnfile).toBe('cat')
    expect(child.spawnargs).toEqual(['cat'])
    expect(child.pid).toBeGreaterThan(1)
    child.stdin?.end('through')
    const {events, stdout, code, signal} = await ended(child)
    expect({events, stdout, code, signal}).toEqual({
      events: ['spawn', 'exit', 'close'],
      stdout: 'through',
      code: 0,
      signal: null,
    })
    expectTypeOf(spawn('true')).toExtend<node.ChildProcess>()
  })

  it.each(methods)('starts a child by %s, and says so', async method => {
    const child = spawn('sh', ['-c', 'echo out; echo err >&2; exit 3'], {method, zygote})
    expect(child.method).toBe(method)
    expect(await ended(child)).toMatchObject({stdout: 'out\n', stderr: 'err\n', code: 3, error: undefined})
  })

  it.each<[string, SpawnOptions, string]>([
    ['clone-vm where nothing is asked for', {}, 'clone-vm'],
    ['clone-vm for what leaves the child who the caller is', {umask: 0o27, setsid: true, cwd: '/'}, 'clone-vm'],
    ['the zygote that is named', {zygote}, 'zygote'],
    ['the method that is named before the zygote', {zygote, method: 'vfork'}, 'vfork'],
  ])('takes %s', async (_, options, method) => {
    const child = spawn('true', options)
    expect(child.method).toBe(method)
    await once(child, 'close')
  })

  it.skipIf(!has.root)('takes clone for another user, who would share running memory # needs root', async () => {
    const child = spawn('true', {uid: 65534, cwd: '/'})
    expect(child.method).toBe('clone')
    await once(child, 'close')
  })

  it('has a pidfd until the exit, and usage from then on', async () => {
    const child = spawn('cat')
    expect(readFileSync(`/proc/self/fdinfo/${child.pidfd}`, 'utf8')).toMatch(new RegExp(`^Pid:\\s+${child.pid}$`, 'm'))
    expect(child.usage).toBeUndefined()
    child.stdin?.end()
    await once(child, 'exit')
    expect(child.pidfd).toBeUndefined()
    expect(child.usage?.minorPageFault).toBeGreaterThan(0)
  })

  it('takes the options in the place of the arguments, and null for none', async () => {
    expect((await ended(spawn('pwd', {cwd: '/'}))).stdout).toBe('/\n')
    expect((await ended(spawn('pwd', null, {cwd: '/'}))).stdout).toBe('/\n')
    expect((await ended(spawn('pwd', undefined, {cwd: new URL('file:///')}))).stdout).toBe('/\n')
  })
})

it('takes numbers among the arguments, as Node does', async () => {
  expect((await ended(spawn('echo', [1, 'b'] as string[]))).stdout).toBe('1 b\n')
  expect(spawnSync('echo', [1, 'b'] as string[]).stdout.toString()).toBe('1 b\n')
})

describe('an option of Node’s', () => {
  const given = {A: '1', PATH: process.env.PATH}

  it.each<[string, string, SpawnOptions, string]>([
    ['cwd', 'pwd', {cwd: '/usr'}, '/usr'],
    ['env', 'echo $A$HOME', {env: given}, '1'],
    ['argv0', 'echo $0', {argv0: 'other'}, 'other'],
    ['stdio', 'readlink /proc/self/fd/0', {stdio: ['ignore', 'pipe', 'inherit']}, '/dev/null'],
    ['detached', 'read _ _ _ _ _ sid _ < /proc/$$/stat; test $sid = $$ && echo leader', {detached: true}, 'leader'],
  ])('%s means the same', async (_, script, options, expected) => {
    expect(await says(script, options)).toBe(expected)
  })

  it('argv0 is what the program sees as its name', async () => {
    expect((await ended(spawn('cat', ['/proc/self/cmdline'], {argv0: 'feline'}))).stdout).toMatch(/^feline\0/)
  })

  it('shell runs a command line', async () => {
    expect((await ended(spawn('echo a | tr a b', {shell: true}))).stdout).toBe('b\n')
    expect((await ended(spawn('echo $0', {shell: '/bin/bash'}))).stdout).toBe('/bin/bash\n')
  })

  it('stdio hands over descriptors, files and streams by number', async () => {
    const fd = openSync('/etc/hostname', 'r')
    const child = spawn('sh', ['-c', 'readlink /proc/self/fd/3; readlink /proc/self/fd/5; echo x >&4'], {
      stdio: ['ignore', 'pipe', 'inherit', fd, 'pipe', 'ignore'],
    })
    closeSync(fd)
    const fourth = text(child.stdio[4] as NodeJS.ReadableStream)
    expect((await ended(child)).stdout).toBe('/etc/hostname\n')
    expect(await fourth).toBe('x\n')
  })

  it('stdio "overlapped" is a pipe', async () => {
    const child = spawn('echo', ['x'], {stdio: 'overlapped'})
    expect((await ended(child)).stdout).toBe('x\n')
  })

  it('stdio "ipc" is a channel to a Node', async () => {
    const script = "process.on('message', m => process.send({got: m}, () => process.disconnect()))"
    const child = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'inherit', 'inherit', 'ipc']})
    child.send({a: 1})
    const [message] = await once(child, 'message')
    expect(message).toEqual({got: {a: 1}})
    await once(child, 'exit')
  })

  it('serialization "advanced" keeps what JSON loses', async () => {
    const script = "process.on('message', m => process.send(m, () => process.disconnect()))"
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
    const child = spawn(process.execPath, ['-e', script], {stdio: [...stdio], serialization: 'advanced'})
    child.send(new Map([[1n, undefined]]) as never)
    const [message] = await once(child, 'message')
    expect(message).toEqual(new Map([[1n, undefined]]))
    await once(child, 'exit')
  })

  it('signal aborts', async () => {
    const controller = new AbortController()
    const outcome = ended(spawn('sleep', ['60'], {signal: controller.signal, killSignal: 'SIGKILL'}))
    controller.abort('enough')
    const {error, signal} = await outcome
    expect(error).toMatchObject({name: 'AbortError', code: 'ABORT_ERR', cause: 'enough'})
    expect(signal).toBe('SIGKILL')
  })

  it('signal that was aborted before ends the child at once', async () => {
    const {error, signal} = await ended(spawn('sleep', ['60'], {signal: AbortSignal.abort()}))
    expect(error).toMatchObject({code: 'ABORT_ERR'})
    expect(signal).toBe('SIGTERM')
  })

  it('timeout ends the child by killSignal', async () => {
    const {signal} = await ended(spawn('sleep', ['60'], {timeout: 20, killSignal: 'SIGINT'}))
    expect(signal).toBe('SIGINT')
  })

  it.skipIf(!has.root)('uid and gid make it another user without groups # needs root', async () => {
    expect(await says('id -u; id -g; id -G', {uid: 65534, gid: 65533, cwd: '/'})).toBe('65534\n65533\n65533')
  })

  it.each([
    ['signal', {signal: {}}, 'ERR_INVALID_ARG_TYPE'],
    ['timeout', {timeout: -1}, 'ERR_OUT_OF_RANGE'],
    ['cwd', {cwd: 5}, 'ERR_INVALID_ARG_TYPE'],
    ['stdio', {stdio: 'elsewhere'}, 'ERR_INVALID_ARG_VALUE'],
    ['argv0', {argv0: 1}, 'ERR_INVALID_ARG_TYPE'],
    ['killSignal', {killSignal: 'SIGNOTHING'}, 'ERR_UNKNOWN_SIGNAL'],
  ])('%s is refused as by Node when it makes no sense', (_, options, code) => {
    expect(() => node.spawn('true', options as never)).toThrow(expect.objectContaining({code}))
    expect(() => spawn('true', options as never)).toThrow(expect.objectContaining({code}))
  })
})

describe('an option for housekeeping', () => {
  const maskOf = (field: string) => `exec sed -n 's/^${field}:\\t//p' /proc/self/status`

  it.each<[string, SpawnOptions, string, string]>([
    ['umask as a number', {umask: 0o27}, 'umask', '0027'],
    ['umask as octal digits', {umask: '027'}, 'umask', '0027'],
    ['umask of few bits', {umask: 0}, 'umask', '0000'],
    ['sigignore by name', {sigignore: 'HUP'}, maskOf('SigIgn'), '0000000000000001'],
    ['sigignore as a list', {sigignore: ['SIGHUP', 2]}, maskOf('SigIgn'), '0000000000000003'],
    ['sigmask', {sigmask: ['USR1']}, maskOf('SigBlk'), '0000000000000200'],
    ['sigdefault', {sigdefault: 'all'}, maskOf('SigIgn'), '0000000000000000'],
    ['setsid', {setsid: true}, 'read _ _ _ _ _ sid _ < /proc/$$/stat; expr $sid = $$', '1'],
    ['setpgid', {setpgid: true}, 'read _ _ _ _ group _ < /proc/$$/stat; expr $group = $$', '1'],
    ['a switch that is off', {setsid: false}, 'read _ _ _ _ _ sid _ < /proc/$$/stat; expr $sid = $$', '0'],
  ])('%s is done in the child', async (_, options, script, expected) => {
    expect(await says(script, options)).toBe(expected)
  })

  it.skipIf(!has.root)('user and groups make it somebody else # needs root', async () => {
    expect(await says('id -un; id -gn', {user: 'nobody', cwd: '/'})).toBe('nobody\nnogroup')
    expect(await says('id -G', {uid: 65534, groups: [1, 'daemon', 2], cwd: '/'})).toMatch(/^0 1( 1)? 2$/)
  })

  it.skipIf(!has.root).each<[string, SpawnOptions, string, string]>([
    ['uid, to keep ambient capabilities', {uid: 65534, ambientCaps: 'net_raw'}, maskOf('CapEff'), '0000000000002000'],
    ['uid, to keep none', {uid: 65534, capDrop: 'net_raw'}, maskOf('CapEff'), '0000000000000000'],
    ['cwd, to leave a hidden directory', {cwd: '/', tmpfs: dirname(process.cwd())}, 'pwd', '/'],
  ])('looks at Node’s %s # needs root', async (_, options, script, expected) => {
    expect(await says(script, {cwd: '/', ...options})).toBe(expected)
  })

  it.each<[string, object, RegExp]>([
    ['setpgid beside Node’s detached', {detached: true, setpgid: true}, /exclude each other/],
    ['a signal that is none', {sigignore: 'NOTHING'}, /"NOTHING" is no signal/],
    ['a switch with a value', {setsid: 'yes'}, /setsid cannot be "yes"/],
    ['a list of objects', {groups: [{}]}, /groups cannot be \[\{\}\]/],
    ['two that exclude each other', {setsid: true, setpgid: true}, /exclude each other/],
    ['a user who does not exist', {user: 'no-such-user'}, /no user "no-such-user"/],
  ])('that is %s is refused before anything exists', (_, options, message) => {
    expect(() => spawn('true', options)).toThrow(message)
  })
})

describe('a child', () => {
  it('is disposed of by its end', async () => {
    const child = spawn('sleep', ['60'])
    child[Symbol.dispose]()
    expect(child.killed).toBe(true)
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGTERM')
  })

  it('cannot be killed when it is dead', async () => {
    const child = spawn('true')
    await once(child, 'exit')
    expect(child.kill()).toBe(false)
    expect(child.killed).toBe(false)
  })

  it('that nobody refers to lets the program end', () => {
    const library = new URL('../../dist/library.cjs', import.meta.url).pathname
    const script = `const c = require(${JSON.stringify(library)}).spawn('sleep', ['60'], {stdio: 'ignore', detached: true}); c.unref(); console.log(c.pid)`
    const {status, stdout} = node.spawnSync(process.execPath, ['-e', script], {encoding: 'utf8', timeout: 30_000})
    process.kill(Number(stdout), 'SIGKILL')
    expect(status).toBe(0)
  })

  it('is told of as Node tells of its own', async () => {
    const {subscribe, unsubscribe} = await import('node:diagnostics_channel')
    const told: unknown[] = []
    const listener = (message: unknown) => told.push((message as {process: unknown}).process)
    subscribe('child_process', listener)
    const child = spawn('true')
    unsubscribe('child_process', listener)
    expect(told).toEqual([child])
    await once(child, 'close')
  })

  it('whose output nobody has read closes all the same', async () => {
    const child = spawn('head', ['-c', '30000', '/dev/zero'])
    await once(child, 'close')
    expect(child.exitCode).toBe(0)
  })
})
