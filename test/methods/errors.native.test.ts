import {chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openZygote, runPlan, type Spawned, spawnPlan} from '../../dist/methods/spawn.js'
import {methods} from '../../src/methods/method.js'
import type {Step} from '../../src/plan/step.js'
import {children, mappings, openDescriptors, withFreeDescriptors} from '../helpers/change-caller.js'
import {contains, failure, release, type Zygote} from '../helpers/failure.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {type PlanPieces, planFor} from '../helpers/plans.js'

/** A user without a name, of which no process runs. */
const stranger = 61234

const directory = openDirectory()
const path = (name: string) => join(directory.path, name)
let zygote: Zygote

beforeAll(() => {
  const write = (name: string, text: string, mode = 0o755) => {
    writeFileSync(path(name), text)
    chmodSync(path(name), mode)
  }
  for (const name of ['directory', 'first', 'second', 'locked']) mkdirSync(path(name))
  write('not-executable', '#!/bin/sh\n', 0o644)
  write('no-interpreter', '#! /no/such/interpreter -x\n')
  write('carriage-return', '#!/bin/sh\r\necho\r\n')
  write('plain-text', 'printf "%s|" "$0" "$@" >"$OUT"\n')
  write('empty', '')
  write('first/shadowed', '#!/bin/sh\n', 0o644)
  write('second/shadowed', '#!/bin/sh\nexit 7\n')
  write('first/denied', '#!/bin/sh\n', 0o644)
  write('second/directory', '#!/bin/sh\nexit 7\n')
  mkdirSync(path('first/directory'))
  write('locked/program', '#!/bin/sh\n')
  chmodSync(path('locked'), 0o700)
  symlinkSync('circle', path('circle'))
  copyFileSync('/bin/true', path('program'))
  writeFileSync(path('foreign'), builtForAnotherLibc('/bin/true'), {mode: 0o755})
  zygote = openZygote()
  return () => zygote.close()
})
afterAll(directory.remove)

/** The same program with a loader that is nowhere. */
function builtForAnotherLibc(program: string): Buffer {
  const bytes = readFileSync(program)
  const loader = /\/lib[^\0]*\/ld-[^\0]*/.exec(bytes.toString('latin1')) as RegExpExecArray
  bytes.write('/nix', loader.index)
  return bytes
}

interface Failing {
  readonly what: string
  readonly file: string
  readonly pieces?: PlanPieces
  readonly error: object
}

const searching = (...directories: string[]) => ({env: [`PATH=${directories.map(path).join(':')}`]})
const inDirectory = (name: string): {steps: Step[]} => ({steps: [{kind: 'chdir', path: path(name)}]})
const execFailure = (errno: string) => ({stage: 'exec', syscall: 'execve', errno})

const failing: readonly Failing[] = [
  {
    what: 'a path with nothing there',
    file: path('nothing'),
    error: {
      code: 'E_NOT_FOUND',
      exitCode: 127,
      message: `${path('nothing')}: no such file`,
      why: `there is nothing at ${path('nothing')}`,
      failure: expect.objectContaining(execFailure('ENOENT')),
    },
  },
  {
    what: 'a path through a file',
    file: path('program/inside'),
    error: {code: 'E_NOT_FOUND', exitCode: 127, failure: expect.objectContaining(execFailure('ENOTDIR'))},
  },
  {
    what: 'a relative path with nothing there in the program’s directory',
    file: './program',
    pieces: inDirectory('directory'),
    error: {code: 'E_NOT_FOUND', exitCode: 127, why: `there is nothing at ${path('directory/program')}`},
  },
  {
    what: 'a name that is nowhere in PATH',
    file: 'no-such-program',
    pieces: searching('first', 'second'),
    error: {
      code: 'E_NOT_FOUND',
      exitCode: 127,
      message: 'no-such-program: not found in PATH',
      why: `PATH of the program is ${path('first')}:${path('second')}`,
    },
  },
  {
    what: 'a name while PATH is unset',
    file: 'no-such-program',
    pieces: {env: []},
    error: {exitCode: 127, why: 'PATH of the program is unset, which means /bin:/usr/bin'},
  },
  {
    what: 'a name that is in the working directory alone',
    file: 'program',
    pieces: {...searching('first'), ...inDirectory('.')},
    error: {exitCode: 127, next: 'there is one in the working directory: ./program'},
  },
  {
    what: 'a file that may not be executed',
    file: path('not-executable'),
    error: {
      code: 'E_NOT_EXECUTABLE',
      exitCode: 126,
      message: `${path('not-executable')}: permission denied`,
      next: contains(`chmod +x ${path('not-executable')}`),
      failure: expect.objectContaining(execFailure('EACCES')),
    },
  },
  {
    what: 'the one file in PATH that may not be executed',
    file: 'denied',
    pieces: searching('first', 'second'),
    error: {code: 'E_NOT_EXECUTABLE', exitCode: 126, message: `${path('first/denied')}: permission denied`},
  },
  {
    what: 'a directory',
    file: path('directory'),
    error: {code: 'E_NOT_EXECUTABLE', exitCode: 126, message: `${path('directory')}: is a directory`},
  },
  {
    what: 'a script without its interpreter',
    file: path('no-interpreter'),
    error: {
      code: 'E_INTERPRETER',
      exitCode: 126,
      message: contains('its interpreter /no/such/interpreter is missing'),
      next: contains('install /no/such/interpreter'),
      failure: expect.objectContaining(execFailure('ENOENT')),
    },
  },
  {
    what: 'a script written on Windows',
    file: path('carriage-return'),
    error: {code: 'E_INTERPRETER', exitCode: 126, why: contains('"/bin/sh\\r"'), next: contains("sed -i 's/\\r$//'")},
  },
  {
    what: 'a program for another libc',
    file: path('foreign'),
    error: {code: 'E_INTERPRETER', exitCode: 126, message: contains('its loader /nix'), next: contains('file /tmp/')},
  },
  {
    what: 'a link to itself',
    file: path('circle'),
    error: {
      code: 'E_EXEC',
      exitCode: 126,
      why: contains('links in a circle'),
      next: `namei ${path('circle')}`,
      failure: expect.objectContaining(execFailure('ELOOP')),
    },
  },
  {
    what: 'a name that is too long',
    file: `/${'x'.repeat(300)}`,
    error: {
      code: 'E_EXEC',
      exitCode: 126,
      why: contains('255'),
      next: contains('check the path'),
      failure: expect.objectContaining(execFailure('ENAMETOOLONG')),
    },
  },
  {
    what: 'an argument that is too long',
    file: '/bin/true',
    pieces: {args: ['short', 'x'.repeat(131_072)]},
    error: {
      code: 'E_TOO_BIG',
      exitCode: 126,
      why: 'argument 2 is 131073 bytes long; one string may have 131072',
      failure: expect.objectContaining(execFailure('E2BIG')),
    },
  },
  {
    what: 'a variable that is too long',
    file: '/bin/true',
    pieces: {env: [`LONG=${'x'.repeat(131_072)}`]},
    error: {code: 'E_TOO_BIG', exitCode: 126, why: contains('variable LONG is 131078 bytes long')},
  },
  {
    what: 'arguments that are too long together',
    file: '/bin/true',
    pieces: {args: Array.from({length: 400}, () => 'x'.repeat(60_000))},
    error: {code: 'E_TOO_BIG', exitCode: 126, why: contains('more than a quarter of the stack limit')},
  },
  {
    what: 'a working directory that is not there',
    file: '/bin/true',
    pieces: inDirectory('nowhere'),
    error: {
      code: 'E_STEP',
      exitCode: 125,
      message: contains(`housekeeping failed at "working directory ${path('nowhere')}"`),
      why: contains('the program is not to blame'),
      failure: expect.objectContaining({stage: 'step', step: 'chdir', errno: 'ENOENT'}),
    },
  },
  {
    what: 'a working directory that is a file',
    file: '/bin/true',
    pieces: inDirectory('program'),
    error: {code: 'E_STEP', exitCode: 125, failure: expect.objectContaining({step: 'chdir', errno: 'ENOTDIR'})},
  },
  {
    what: 'a descriptor that is not open',
    file: '/bin/true',
    pieces: {steps: [{kind: 'descriptors', placements: [{to: 1, from: 9999}]}]},
    error: {code: 'E_STEP', exitCode: 125, failure: expect.objectContaining({step: 'descriptors', errno: 'EBADF'})},
  },
  {
    what: 'a file to read from that is not there',
    file: '/bin/true',
    pieces: {
      steps: [{kind: 'descriptors', placements: [{to: 0, from: {path: path('nothing'), access: 'read'}}]}],
    },
    error: {
      name: 'PlanError',
      code: 'E_OPEN',
      exitCode: 125,
      message: `${path('nothing')} cannot be opened (read): no such file or directory (ENOENT)`,
    },
  },
]

describe.each(methods)('%s', method => {
  it.each(failing)('tells of $what, and leaves nothing behind', ({file, pieces, error}) => {
    const [fds, alive] = [openDescriptors(), children()]
    const thrown = failure(method, planFor(file, pieces), zygote)
    expect(thrown).toMatchObject(error)
    const {failure: facts} = thrown as {failure?: object}
    if (facts !== undefined) expect(facts).toMatchObject({method})
    expect([openDescriptors(), children()]).toEqual([fds, alive])
  })

  it('leaves no descriptor, no zombie and no memory behind after many failures', () => {
    const plans = [
      planFor(path('nothing')),
      planFor('/bin/true', inDirectory('nowhere')),
      planFor('/bin/true', {steps: [{kind: 'descriptors', placements: [{to: 1, from: 9999}]}]}),
      planFor('no-such-program', {...searching('first', 'second'), args: ['x'.repeat(100_000)]}),
      planFor('/bin/true', {args: ['x'.repeat(200_000)]}),
    ]
    const round = () => {
      for (const plan of plans) failure(method, plan, zygote)
    }
    round()
    const [fds, alive, mapped] = [openDescriptors(), children(), mappings().length]
    for (let i = 0; i < 10; i++) round()
    expect([openDescriptors(), children()]).toEqual([fds, alive])
    expect(mappings().filter(line => /spawnctl-script|\/dev\/zero/.test(line))).toEqual([])
    expect(mappings().length - mapped).toBeLessThan(25) // V8 maps and unmaps; a leak would be 50 at least
  })

  it('goes on in PATH past what is not executable, a directory, and what is not there', () => {
    for (const name of ['shadowed', 'directory']) {
      const plan = planFor(name, searching('nowhere', 'program', 'first', 'second'))
      expect(runPlan(plan, method).exitCode, name).toBe(7)
    }
  })

  it('lets /bin/sh read a file without a known format, with its arguments', () => {
    const out = path(`out-${method}`)
    const plan = planFor(path('plain-text'), {argv0: 'ignored', args: ['a b', '', 'c'], env: [`OUT=${out}`]})
    expect(runPlan(plan, method).exitCode).toBe(0)
    expect(readFileSync(out, 'utf8')).toBe(`${path('plain-text')}|a b||c|`)
  })

  it('takes an empty file for an empty script', () => {
    expect(runPlan(planFor(path('empty')), method).exitCode).toBe(0)
  })

  it('finds a program relative to the program’s own working directory', () => {
    expect(runPlan(planFor('./shadowed', inDirectory('second')), method).exitCode).toBe(7)
    expect(runPlan(planFor('shadowed', {env: ['PATH='], ...inDirectory('second')}), method).exitCode).toBe(7)
  })

  it('either says that descriptors have run out, or has a pidfd', () => {
    const plan = planFor('/bin/true', {steps: [{kind: 'descriptors', placements: []}]})
    const enough = sweep((): void => {
      const spawned: Spawned = spawnPlan(plan, method, zygote)
      const {pidfd} = spawned
      release(spawned)
      expect(pidfd).toBeGreaterThan(2)
    }, [method])
    expect(enough).toBeGreaterThan(0)
  })
})

/**
 * Runs something with ever more free descriptors, until it succeeds; before that it must say what is missing.
 * @returns how many it needs; with more it must succeed as well
 */
function sweep(run: () => void, blamed: readonly string[]): number {
  const succeeded = Array.from({length: 13}, (_, free) => {
    const [fds, alive] = [openDescriptors(), children()]
    let error: unknown
    withFreeDescriptors(free, () => {
      try {
        run()
      } catch (thrown) {
        error = thrown
      }
    })
    if (error !== undefined)
      expect(error, `with ${free} free`).toMatchObject({
        exitCode: 125,
        message: contains('EMFILE'),
        why: contains('limit of open files'),
      })
    const {failure: facts} = (error ?? {}) as {failure?: object}
    if (facts !== undefined) expect(facts).toMatchObject({method: expect.toBeOneOf([...blamed]), errno: 'EMFILE'})
    expect([openDescriptors(), children()], `with ${free} free`).toEqual([fds, alive])
    return error === undefined
  })
  const enough = succeeded.indexOf(true)
  expect(succeeded).toEqual(succeeded.map((_, free) => enough >= 0 && free >= enough))
  return enough
}

describe('a zygote', () => {
  it('is opened, or says that descriptors have run out', () => {
    expect(sweep(() => openZygote().close(), ['zygote', 'clone'])).toBeGreaterThan(1)
  })
})

describe('another identity', () => {
  it.skipIf(!has.root).each(methods.filter(method => method !== 'posix_spawn'))(
    'is named when it may not enter a directory, by %s # needs root',
    method => {
      const steps: Step[] = [{kind: 'setuid', uid: stranger}]
      const thrown = failure(
        method,
        planFor('/bin/true', {steps: [...steps, {kind: 'chdir', path: path('locked')}]}),
        zygote,
      )
      expect(thrown).toMatchObject({code: 'E_STEP', failure: {step: 'chdir', errno: 'EACCES'}})
      expect(failure(method, planFor(path('locked/program'), {steps}), zygote)).toMatchObject({
        code: 'E_NOT_EXECUTABLE',
        exitCode: 126,
        why: contains('a directory on its path may not be entered'),
      })
    },
  )
})
