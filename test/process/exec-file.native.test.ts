import * as node from 'node:child_process'
import {promisify} from 'node:util'
import {describe, expect, expectTypeOf, it} from 'vitest'
import {type Child, exec, execFile, type Output, type PromiseWithChild} from '../../dist/index.js'

interface Told {
  readonly error: object | null
  readonly stdout: string | Buffer
  readonly stderr: string | Buffer
}

/** What one of two libraries tells its callback; messages and causes aside. */
function toldBy(library: {execFile: typeof node.execFile}, args: readonly unknown[]): Promise<Told> {
  const run = library.execFile as unknown as (...args: unknown[]) => unknown
  return new Promise(resolve =>
    run(...args, (error: Error | null, stdout: string, stderr: string) =>
      resolve({error: error && {...error, message: error.message}, stdout, stderr}),
    ),
  )
}

const ours = {execFile} as unknown as {execFile: typeof node.execFile}

describe('execFile', () => {
  it.each([
    ['output', ['sh', ['-c', 'echo out; echo err >&2']]],
    ['an exit code', ['sh', ['-c', 'echo err >&2; exit 3']]],
    ['a signal', ['sh', ['-c', 'kill -KILL $$']]],
    ['bytes', ['sh', ['-c', 'printf "\\\\377"'], {encoding: 'buffer'}]],
    ['another encoding', ['echo', ['é'], {encoding: 'latin1'}]],
    ['too much output', ['head', ['-c', '100', '/dev/zero'], {maxBuffer: 10}]],
    ['as much output as there is room for', ['head', ['-c', '10', '/dev/zero'], {maxBuffer: 10}]],
    ['a time limit', ['sleep', ['60'], {timeout: 20}]],
    ['a time limit with a signal', ['sleep', ['60'], {timeout: 20, killSignal: 'SIGKILL'}]],
    ['no arguments', ['true']],
    ['options alone', ['pwd', {cwd: '/'}]],
    ['a shell', ['echo a | tr a b', {shell: true}]],
  ])('tells of %s as Node does', async (_, args) => {
    expect(await toldBy(ours, args)).toEqual(await toldBy(node, args))
  })

  it('is aborted by a signal', async () => {
    const controller = new AbortController()
    const promise = promisify(execFile)('sleep', ['60'], {signal: controller.signal})
    controller.abort()
    await expect(promise).rejects.toMatchObject({name: 'AbortError', code: 'ABORT_ERR'})
  })

  it('does the housekeeping that it is asked for', async () => {
    const {stdout} = await promisify(execFile)('sh', ['-c', 'umask'], {umask: 0o31, method: 'fork'})
    expect(stdout).toBe('0031\n')
  })

  it('refuses a callback that is none', () => {
    expect(() => execFile('true', [], {}, 5 as never)).toThrow(expect.objectContaining({code: 'ERR_INVALID_ARG_TYPE'}))
  })

  it('has its types', () => {
    expectTypeOf(() => execFile('a', ['b'])).returns.toEqualTypeOf<Child>()
    expectTypeOf(() => promisify(execFile)('a')).returns.toEqualTypeOf<PromiseWithChild<Output<string>>>()
    expectTypeOf(() => promisify(execFile)('a', [], {encoding: 'buffer'})).returns.toEqualTypeOf<
      PromiseWithChild<Output<Buffer>>
    >()
    execFile('true', {encoding: 'buffer'}, (_error, stdout) => expectTypeOf(stdout).toEqualTypeOf<Buffer>())
  })
})

describe('exec', () => {
  it('runs a command line, with the child on the promise', async () => {
    const promise = promisify(exec)('echo $0 | tr a-z A-Z')
    expect(promise.child.pid).toBeGreaterThan(1)
    expect(promise.child.method).toBe('clone-vm')
    expect(await promise).toEqual({stdout: '/BIN/SH\n', stderr: ''})
  })

  it('takes another shell', async () => {
    expect(await promisify(exec)('echo $0', {shell: '/bin/bash'})).toEqual({stdout: '/bin/bash\n', stderr: ''})
  })
})
