import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {has} from '../helpers/needs.js'
import {cli, node} from '../helpers/run-cli.js'

const directory = mkdtempSync(join(tmpdir(), 'spawnctl-strace-'))
afterAll(() => rmSync(directory, {recursive: true}))

interface Call {
  pid: string
  text: string
}

/** What the kernel was asked for, as strace saw it: every creation that is no thread, and every execve. */
function trace(method: string): {creations: Call[]; executions: Call[]; stdout: string} {
  const file = join(directory, method)
  const calls = 'trace=clone,clone3,/^v?fork$,execve'
  const words = ['exec', '--method', method, '--', '/bin/echo', 'hello']
  const {stdout} = spawnSync('strace', ['-f', '-e', calls, '-o', file, node, cli, ...words], {encoding: 'utf8'})
  const lines = readFileSync(file, 'utf8').split('\n')
  const begun = lines.flatMap(line => {
    const found = /^(\d+)\s+((?:clone3?|v?fork|execve)\(.*)$/.exec(line)
    return found === null ? [] : [{pid: found[1] as string, text: found[2] as string}]
  })
  return {
    stdout,
    creations: begun.filter(({text}) => !text.startsWith('execve') && !text.includes('CLONE_THREAD')),
    executions: begun.filter(({text}) => text.startsWith('execve')),
  }
}

const expected = {
  fork: [/^(fork\(|clone3?\((?!.*CLONE_VM).*SIGCHLD)/],
  vfork: [/^(vfork\(|clone3?\(.*CLONE_VM\|CLONE_VFORK(?!.*CLONE_PIDFD))/],
  posix_spawn: [/^clone3?\(.*CLONE_VM\|CLONE_VFORK(?!.*CLONE_PIDFD)/],
  clone: [/^clone3?\(.*CLONE_VM\|.*CLONE_PIDFD.*CLONE_VFORK/],
  'clone-vm': [/^clone3?\((?!.*CLONE_VFORK).*CLONE_VM\|.*CLONE_PIDFD/],
  zygote: [/^clone3?\(.*CLONE_VFORK/, /^clone\((?!.*CLONE_VM).*CLONE_PARENT/],
}

describe.skipIf(!has.strace)('seen from outside, the child is created # needs strace', () => {
  it.each(Object.entries(expected))('by the call of %s and no other', (method, patterns) => {
    const {creations, executions, stdout} = trace(method)
    expect(stdout).toBe('hello\n')
    expect(creations.map(({text}) => text)).toEqual(patterns.map(pattern => expect.stringMatching(pattern)))
    expect(executions.at(-1)?.text).toContain('"/bin/echo", ["/bin/echo", "hello"]')
  })

  it('by the helper, when the method is zygote', () => {
    const {creations, executions} = trace('zygote')
    const helper = executions.find(({text}) => text.includes('spawnctl-zygote'))?.pid
    expect(helper).toBeDefined()
    expect(creations.at(-1)?.pid).toBe(helper)
  })
})
