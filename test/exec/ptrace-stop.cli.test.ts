import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {spawnPlan} from '../../dist/methods/spawn.js'
import {methods} from '../../src/methods/method.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'
import {type Running, runCli, startCli, until} from '../helpers/run-cli.js'

const capable = methods.filter(method => method !== 'posix_spawn')

/** The process that spawnctl says is stopped. */
function stopped(running: Running): Promise<number> {
  return until('the stop', () => {
    const said = /^spawnctl: process (\d+) is stopped before its first instruction: /.exec(running.output().stderr)
    return said === null ? undefined : Number(said[1])
  })
}

function statusOf(pid: number, field: string): string | undefined {
  return new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
}

describe.concurrent('a program that is to stop at its start', () => {
  const asked = [...capable.map(method => `-m ${method}`), '--kill-tree', '--umask 027 --timeout 100']
  it.each(asked)('has done nothing, and is traced by nobody: %s', async options => {
    const words = options.split(' ')
    const running = startCli(['exec', ...words, '--ptrace-stop', '--', 'sh', '-c', 'echo ran; exit 7'])
    const pid = await stopped(running)
    await until('the state', () => statusOf(pid, 'State') === 'T (stopped)')
    expect(statusOf(pid, 'Name')).toBe('sh')
    expect(statusOf(pid, 'TracerPid')).toBe('0')
    expect(readFileSync(`/proc/${pid}/maps`, 'utf8')).not.toContain('libc') // the loader has not run
    expect(running.output().stdout).toBe('')
    process.kill(pid, 'SIGCONT')
    expect(await running.ended).toMatchObject({status: 7, stdout: 'ran\n'})
  })

  it.skipIf(!has.userNamespaces)('can be the first of a pid namespace # needs user namespaces', async () => {
    const words = [
      '-m',
      'clone',
      '--unshare',
      'user,pid',
      '--map-root-user',
      '--ptrace-stop',
      '--',
      'sh',
      '-c',
      'exit 7',
    ]
    const running = startCli(['exec', ...words])
    process.kill(await stopped(running), 'SIGCONT')
    expect(await running.ended).toMatchObject({status: 7})
  })

  it('is not for who is filtered as well', async () => {
    const {path, remove} = openDirectory()
    const filter = join(path, 'filter')
    writeFileSync(filter, Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f)) // allow
    const {status, stderr} = await runCli(['exec', '-m', 'clone', '--ptrace-stop', '--seccomp', filter, 'true'])
    remove()
    expect(stderr).toMatch(
      /^spawnctl: --ptrace-stop and --seccomp exclude each other\nwhy: {2}.*\nnext: one in the other/,
    )
    expect(status).toBe(125)
  })

  it('can be killed', async () => {
    const running = startCli(['exec', '-m', 'clone', '--ptrace-stop', 'true'])
    process.kill(await stopped(running), 'SIGKILL')
    expect(await running.ended).toMatchObject({status: 137})
  })
})

describe.concurrent('a stop at the start is refused', () => {
  it('by posix_spawn', async () => {
    const {status, stderr} = await runCli(['exec', '-m', 'posix_spawn', '--ptrace-stop', 'true'])
    expect(status).toBe(125)
    expect(stderr).toMatch(
      /^spawnctl: posix_spawn cannot do "stop before the first instruction"\nwhy: .*\nnext: --method clone/,
    )
  })

  it.skipIf(!has.userNamespaces)('where an init would be the tracer # needs user namespaces', async () => {
    const words = ['--unshare', 'user,pid', '--map-root-user', '--init', '--ptrace-stop', 'true']
    const {status, stderr} = await runCli(['exec', ...words])
    expect(status).toBe(125)
    expect(stderr).toMatch(/^spawnctl: spawnctl-init would be the tracer .*\nnext: .*--init/)
  })

  it.each(capable.filter(method => method !== 'zygote'))('to a program that does not wait for it: %s', method => {
    expect(() => spawnPlan(planFor('/bin/true', {steps: [{kind: 'ptrace_stop'}]}), method)).toThrow(
      expect.objectContaining({code: 'E_REFUSED', next: 'spawnctl exec --ptrace-stop'}),
    )
  })
})
