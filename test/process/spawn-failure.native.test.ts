import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {afterAll, describe, expect, it} from 'vitest'
import {
  exec,
  execFile,
  type Method,
  methods,
  PlanError,
  SpawnError,
  type SpawnOptions,
  spawn,
  Zygote,
} from '../../dist/index.js'
import {openDescriptors} from '../helpers/change-caller.js'
import {ended} from '../helpers/ended.js'
import {has} from '../helpers/needs.js'
import {runShell} from '../helpers/run-cli.js'

const library = fileURLToPath(new URL('../../dist/library.cjs', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'spawnctl-'))
const zygote = new Zygote()
const file = (name: string, content: string, mode: number) => {
  const path = join(directory, name)
  writeFileSync(path, content, {mode})
  return path
}
const plain = file('plain', '', 0o644)
const orphan = file('orphan', '#!/no/such/interpreter\n', 0o755)

afterAll(() => {
  zygote.close()
  rmSync(directory, {recursive: true})
})

interface Failure {
  readonly what: string
  readonly command: string
  readonly options?: SpawnOptions
  readonly code: string
  readonly errno: number
  readonly failure: object
}

const onExec = {stage: 'exec', syscall: 'execve'}
const failures: readonly Failure[] = [
  {what: 'a program that is not there', command: '/no/such', code: 'ENOENT', errno: -2, failure: onExec},
  {what: 'a name that is not in PATH', command: 'no-such-program', code: 'ENOENT', errno: -2, failure: onExec},
  {what: 'a file that may not be executed', command: plain, code: 'EACCES', errno: -13, failure: onExec},
  {what: 'an interpreter that is missing', command: orphan, code: 'ENOENT', errno: -2, failure: onExec},
  {
    what: 'a working directory that is not there',
    command: 'true',
    options: {cwd: '/no/such'},
    code: 'ENOENT',
    errno: -2,
    failure: {stage: 'step', step: 'chdir'},
  },
  {
    what: 'a working directory that is a file',
    command: 'true',
    options: {cwd: plain},
    code: 'ENOTDIR',
    errno: -20,
    failure: {stage: 'step', step: 'chdir'},
  },
]

/** What arrives as "error", or is thrown: the errors that Node throws are thrown here. */
async function failureOf(command: string, options: SpawnOptions) {
  let child: ReturnType<typeof spawn>
  try {
    child = spawn(command, ['a', 'b'], options)
  } catch (error) {
    return {error, pid: undefined, events: ['thrown']}
  }
  const {pid} = child
  const {error, events} = await ended(child)
  return {error, pid, events}
}

const cases = methods.flatMap(method => failures.map(failure => ({method, ...failure})))

describe('what fails', () => {
  it.each(cases)('by $method at $what is a SpawnError that is also Node’s', async ({method, ...expected}) => {
    const before = openDescriptors()
    const {command, code, errno, failure, options} = expected
    const outcome = await failureOf(command, {...options, method, zygote})
    expect(outcome.error).toBeInstanceOf(SpawnError)
    expect(outcome.error).toMatchObject({
      code,
      errno,
      syscall: `spawn ${command}`,
      path: command,
      spawnargs: ['a', 'b'],
      failure: {method, ...failure},
    })
    const {why, next} = outcome.error as SpawnError
    expect([why, next]).toEqual([expect.any(String), expect.any(String)])
    await expect.poll(openDescriptors).toEqual(before)
  })

  it.each(methods.filter(method => method !== 'clone-vm'))(
    'before the call returns leaves no pid with %s, and comes without "spawn"',
    async method => {
      const {pid, events} = await failureOf('/no/such', {method, zygote})
      expect(pid).toBeUndefined()
      expect(events).toEqual(['error', 'close'])
    },
  )

  it('is known at once by the default method, where it can be looked up', async () => {
    for (const [command, options] of [['/no/such'], ['true', {cwd: '/no/such'}], [plain]] as const) {
      const {pid, events} = await failureOf(command, options ?? {})
      expect(pid).toBeUndefined()
      expect(events).not.toContain('spawn')
    }
  })

  it.skipIf(!has.rootAndOpenTree)(
    'is not seen where capabilities or the effective user let it in # needs root',
    async () => {
      const closed = mkdtempSync(join(tmpdir(), 'spawnctl-'))
      try {
        const program = join(closed, 'program')
        writeFileSync(program, '#!/bin/sh\n', {mode: 0o700})
        const script = `
        const {spawn} = require(${JSON.stringify(library)})
        const answer = child => child.on('error', error => console.log(error.message)).on('exit', code => console.log(code))
        answer(spawn(${JSON.stringify(program)}))
        answer(spawn('true', {cwd: ${JSON.stringify(closed)}}))`
        const caps = '+dac_override,+dac_read_search'
        for (const who of [
          ['--reuid=65534', '--regid=65534', '--clear-groups', `--inh-caps=${caps}`, `--ambient-caps=${caps}`],
          ['--ruid=65534'],
        ])
          expect(await runShell('exec setpriv "$@"', [...who, process.execPath, '-e', script])).toMatchObject({
            stdout: '0\n0\n',
            stderr: '',
          })
      } finally {
        rmSync(closed, {recursive: true})
      }
    },
  )

  it('after the call has returned comes as "error" all the same', async () => {
    const child = spawn(orphan)
    expect(child.pid).toBeGreaterThan(1)
    const {events, error} = await ended(child)
    expect(events).toEqual(['spawn', 'error', 'close'])
    expect(error).toMatchObject({code: 'ENOENT', failure: {stage: 'exec', method: 'clone-vm'}})
    expect(error?.message).toContain('its interpreter /no/such/interpreter is missing')
    expect(child.exitCode).toBe(-2)
  })

  it.each<Method>(['fork', 'vfork', 'clone', 'clone-vm', 'zygote'])(
    'in a step that nobody could look up beforehand is named, by %s',
    async method => {
      const {error} = await failureOf('true', {uid: -1, method, zygote})
      expect(error).toBeInstanceOf(SpawnError)
      expect(error).toMatchObject({
        code: 'EINVAL', // of the uid itself, before any right is asked for
        failure: {stage: 'step', step: 'setuid', syscall: 'setuid', method},
      })
    },
  )

  it.each(methods)('at a descriptor that is not open is thrown, as by Node, by %s', async method => {
    const {error} = await failureOf('true', {stdio: [999], method, zygote})
    expect(error).toBeInstanceOf(SpawnError)
    expect(error).toMatchObject({code: 'EBADF', errno: -9})
  })

  it('to be a plan is thrown before anything exists', () => {
    const before = openDescriptors()
    expect(() => spawn('true', {umask: 0o27, method: 'posix_spawn'})).toThrow(PlanError)
    expect(() => spawn('true', {method: 'zygote'})).toThrow(/needs an open zygote/)
    expect(openDescriptors()).toEqual(before)
  })

  it('reaches callbacks and promises with what Node adds there', async () => {
    const known = {code: 'ENOENT', errno: -2, path: '/no/such', cmd: '/no/such a', failure: {stage: 'exec'}}
    const error = await new Promise(resolve => execFile('/no/such', ['a'], resolve))
    expect(error).toBeInstanceOf(SpawnError)
    expect(error).toMatchObject(known)
    await expect(promisify(execFile)('/no/such', ['a'])).rejects.toMatchObject({...known, stdout: '', stderr: ''})
    await expect(promisify(exec)('exit 4')).rejects.toMatchObject({code: 4, cmd: 'exit 4'})
  })
})
