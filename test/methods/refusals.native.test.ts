import {chmodSync, mkdirSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {isUnbound} from '../../src/methods/diagnosis/process-limit.js'
import {methods} from '../../src/methods/method.js'
import type {Step} from '../../src/plan/step.js'
import {type Arch, callerSyscallNumbers, syscallNumbers} from '../../src/plan/syscalls.js'
import {contains} from '../helpers/failure.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'
import {spawnAllUnder, spawnUnder} from '../helpers/spawn-under.js'

const {EAGAIN, ENFILE, ENOMEM, ENOSYS, EPERM} = constants.errno
const {SIGSYS} = constants.signals
/** A user without a name, of which no process runs. */
const stranger = 61234

const directory = openDirectory()
const locked = join(directory.path, 'locked')
afterAll(directory.remove)
beforeAll(() => {
  mkdirSync(locked)
  chmodSync(locked, 0o700)
})

/** Those that can do any step. */
const others = methods.filter(method => method !== 'posix_spawn')

const arch = process.arch as Arch
const {clone, clone3, pipe2, memfd_create, eventfd2, sendmsg} = callerSyscallNumbers[arch]
/** Every call that makes a process; arm64 has no fork and no vfork. */
const creations = [clone, clone3, ...(arch === 'x64' ? [57, 58] : [])]
const ppoll = {x64: 271, arm64: 73}[arch]

describe('what the kernel refuses', () => {
  it.each(methods.filter(method => method !== 'zygote'))('%s names ENOMEM', method => {
    const refusals = creations.map(number => ({number, errno: ENOMEM}))
    const {error} = spawnUnder({refusals}, method, planFor('/bin/true'))
    expect(error).toMatchObject({code: 'E_CREATE', exitCode: 125, failure: {stage: 'create', method, errno: 'ENOMEM'}})
    if (method === 'fork') expect(error).toMatchObject({why: contains('overcommit'), next: contains('--method clone')})
  })

  it('the zygote names what its own clone ran into', () => {
    const {error} = spawnUnder({refusals: [{number: clone, errno: ENOMEM}]}, 'zygote', planFor('/bin/true'))
    expect(error).toMatchObject({
      code: 'E_CREATE',
      exitCode: 125,
      failure: {stage: 'create', method: 'zygote', syscall: 'clone', errno: 'ENOMEM'},
    })
  })

  it.each([
    {method: 'clone', errno: 'ENOSYS'},
    {method: 'clone', errno: 'EPERM'},
    {method: 'clone-vm', errno: 'ENOSYS'},
    {method: 'clone-vm', errno: 'EPERM'},
  ] as const)('$method goes on with clone when clone3 says $errno, and says so', ({method, errno}) => {
    const answer = spawnUnder(
      {refusals: [{number: clone3, errno: constants.errno[errno]}]},
      method,
      planFor('/bin/true'),
    )
    expect(answer.ran).toMatchObject({syscall: 'clone', exitCode: 0})
  })

  it.each(['clone', 'clone-vm'] as const)('%s uses clone3 when nothing is in the way', method => {
    expect(spawnUnder({}, method, planFor('/bin/true')).ran).toMatchObject({syscall: 'clone3', exitCode: 0})
  })

  it.each(['clone', 'clone-vm'] as const)('%s names clone when both are refused', method => {
    const refusals = [
      {number: clone3, errno: ENOSYS},
      {number: clone, errno: EPERM},
    ]
    expect(spawnUnder({refusals}, method, planFor('/bin/true')).error).toMatchObject({
      code: 'E_CREATE',
      message: 'the child could not be created: clone: operation not permitted (EPERM)',
      why: contains('security policy'),
      failure: {stage: 'create', method, syscall: 'clone', errno: 'EPERM'},
    })
  })

  it('clone does not hide a want of processes behind a second try', () => {
    expect(
      spawnUnder({refusals: [{number: clone3, errno: EAGAIN}]}, 'clone', planFor('/bin/true')).error,
    ).toMatchObject({
      ...(isUnbound(process.getuid?.() ?? 0) && {why: expect.stringContaining('RLIMIT_NPROC does not bind this user')}),
      failure: {stage: 'create', syscall: 'clone3', errno: 'EAGAIN'},
    })
  })

  it.each([
    {method: 'fork', syscall: 'pipe2', number: pipe2},
    {method: 'clone', syscall: 'pipe2', number: pipe2},
    {method: 'posix_spawn', syscall: 'eventfd2', number: eventfd2},
    {method: 'zygote', syscall: 'memfd_create', number: memfd_create},
    {method: 'zygote', syscall: 'sendmsg', number: sendmsg},
  ] as const)('$method names $syscall, before there is a child', ({method, syscall, number}) => {
    const straits = {refusals: [{number, errno: ENFILE}], zygoteFirst: method === 'zygote'}
    expect(spawnUnder(straits, method, planFor('/bin/true')).error).toMatchObject({
      code: 'E_PREPARE',
      exitCode: 125,
      message: contains(`the spawn could not be prepared: ${syscall}: `),
      why: 'the whole system is at its limit of open files',
      failure: {stage: 'prepare', method, syscall, errno: 'ENFILE'},
    })
  })

  it.skipIf(!has.unshare).each(['clone', 'clone-vm', 'zygote'] as const)(
    '%s does not take a poll that is refused for the end of the caller # needs root and namespaces',
    method => {
      const steps: readonly Step[] = [
        {kind: 'unshare', namespaces: ['pid']},
        {kind: 'pdeathsig', signal: constants.signals.SIGTERM},
      ]
      const straits = {refusals: [{number: ppoll, errno: ENOSYS}]}
      expect(spawnUnder(straits, method, planFor('/bin/true', {steps})).ran).toMatchObject({exitCode: 0})
    },
  )

  it.each(others)('%s tells a child that was killed in its housekeeping', method => {
    const refusals = [{number: syscallNumbers[arch].umask, errno: 0}]
    const plan = planFor('/bin/true', {steps: [{kind: 'umask', mask: 0}]})
    expect(spawnUnder({refusals}, method, plan).error).toMatchObject({
      code: 'E_KILLED',
      exitCode: 125,
      message: 'the child was killed by SIGSYS before it could execute the program',
      failure: {stage: 'killed', method},
    })
  })

  it('posix_spawn takes a child that was killed in its housekeeping for the program: libc does not tell', () => {
    const refusals = [{number: syscallNumbers[arch].chdir, errno: 0}]
    const plan = planFor('/bin/true', {steps: [{kind: 'chdir', path: '/'}]})
    expect(spawnUnder({refusals}, 'posix_spawn', plan).ran).toMatchObject({exitCode: null, signal: SIGSYS})
  })
})

describe('a plan that is refused', () => {
  /** Whoever makes a process dies of it. */
  const refusals = creations.map(number => ({number, errno: 0}))
  const umask = planFor('/bin/true', {steps: [{kind: 'umask', mask: 0}]})
  const tooMany = planFor('/bin/true', {
    steps: [{kind: 'descriptors', placements: Array.from({length: 251}, (_, i) => ({to: i, from: i + 1000}))}],
  })
  const noInput = planFor('/bin/true', {
    steps: [{kind: 'descriptors', placements: [{to: 0, from: {path: '/nowhere', access: 'read'}}]}],
  })

  it.each(methods)('is not mistaken: %s dies when it makes a process', method => {
    expect(spawnAllUnder({refusals}, method, [planFor('/bin/true')])).toBe('SIGSYS')
  })

  it('by posix_spawn names step, method and a method that can, and makes no process', () => {
    expect(spawnUnder({refusals}, 'posix_spawn', umask).error).toMatchObject({
      name: 'PlanError',
      code: 'E_REFUSED',
      exitCode: 125,
      message: 'posix_spawn cannot do "umask 000"',
      why: 'it has no attribute for the umask',
      next: contains('--method clone'),
    })
  })

  it('by the zygote makes no process, not even the zygote', () => {
    expect(spawnUnder({refusals}, 'zygote', tooMany).error).toMatchObject({
      code: 'E_REFUSED',
      message: 'zygote cannot do "251 descriptors"',
    })
  })

  it.each(methods.filter(method => method !== 'zygote'))(
    'by a file that cannot be opened makes no process: %s',
    method => {
      expect(spawnUnder({refusals}, method, noInput).error).toMatchObject({code: 'E_OPEN'})
    },
  )
})

describe.each(methods)('a user without privileges, by %s,', method => {
  it.skipIf(!has.rootAndOpenTree)('names the limit on processes # needs root, and a tree that others may enter', () => {
    const RLIMIT_NPROC = 6
    const limits = [{resource: RLIMIT_NPROC, soft: 1}]
    const straits = {uid: stranger, limits, zygoteFirst: method === 'zygote'}
    expect(spawnUnder(straits, method, planFor('/bin/true')).error).toMatchObject({
      code: 'E_CREATE',
      exitCode: 125,
      why: 'this user is at its limit of 1 processes and threads (RLIMIT_NPROC)',
      failure: {stage: 'create', method, errno: 'EAGAIN'},
    })
  })

  it.skipIf(!has.rootAndOpenTree)(
    'names what a stranger may not do # needs root, and a tree that others may enter',
    () => {
      const step: Step = method === 'posix_spawn' ? {kind: 'chdir', path: locked} : {kind: 'setuid', uid: 0}
      expect(spawnUnder({uid: stranger}, method, planFor('/bin/true', {steps: [step]})).error).toMatchObject({
        code: 'E_STEP',
        exitCode: 125,
        failure: {stage: 'step', step: step.kind, method, errno: method === 'posix_spawn' ? 'EACCES' : 'EPERM'},
      })
    },
  )
})
