import {closeSync, openSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openZygote, runPlan} from '../../dist/methods/spawn.js'
import {type Method, methods} from '../../src/methods/method.js'
import type {Placement, Step} from '../../src/plan/step.js'
import {type Arch, syscallNumbers} from '../../src/plan/syscalls.js'
import {failure, type Zygote} from '../helpers/failure.js'
import {observe, openDirectory, readDescriptors, statePlan} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'
import {type Straits, spawnAllUnder, spawnUnder} from '../helpers/spawn-under.js'

const directory = openDirectory()
afterAll(directory.remove)

/** The caller has a file of its own at each of these, inheritable; Node's own descriptors come above 7. */
const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 60, 200, 1000]
const file = (fd: number) => join(directory.path, `file-${fd}`)

type Wish = Readonly<Record<number, number | 'closed'>>

/** 0 to 2 stay as they are, unless the wish speaks of them. */
function placing(wish: Wish): Step {
  const placements = Object.entries({0: 0, 1: 1, 2: 2, ...wish}).map(([to, from]) => ({to: Number(to), from}))
  return {kind: 'descriptors', placements: placements as Placement[]}
}

function expected(wish: Wish): Readonly<Record<string, string>> {
  const placed = Object.entries<number | string>({0: 0, 1: 1, 2: 2, ...wish}).filter(([, from]) => from !== 'closed')
  return Object.fromEntries(placed.map(([to, from]) => [to, file(Number(from))]))
}

const wishes: Readonly<Record<string, Wish>> = {
  'nothing but 0 to 2': {},
  '1 and 2 swapped': {1: 2, 2: 1},
  'the same at 1 and 2': {2: 1},
  'a chain upwards': {4: 3, 5: 4, 6: 5},
  'a chain downwards': {3: 4, 4: 5, 5: 6},
  'a ring of three': {3: 4, 4: 5, 5: 3},
  'all of stdio turned round': {0: 1, 1: 2, 2: 0},
  'two swaps within each other': {3: 6, 6: 3, 4: 5, 5: 4},
  'one source at many numbers, its own included': {0: 5, 3: 5, 4: 5, 5: 5, 9: 5},
  'numbers kept': {3: 3, 200: 200},
  'standard input closed': {0: 'closed'},
  'all of stdio closed': {0: 'closed', 1: 'closed', 2: 'closed'},
  'a source that is closed at its own number': {3: 4, 4: 'closed', 0: 1, 1: 'closed'},
  'what was closed already, closed': {61: 'closed', 900: 'closed'},
  'a very high target': {1001: 3},
  'a very high source': {3: 1000},
  'a very high number kept': {1000: 1000},
  'gaps between the kept ones': {3: 3, 5: 5, 9: 4, 61: 2, 1000: 1000},
  'everything at once': {0: 2, 1: 0, 2: 'closed', 3: 1, 5: 3, 6: 6, 1000: 60, 1001: 1000, 60: 'closed'},
}

let zygote: Zygote
beforeAll(() => {
  zygote = openZygote()
  return () => zygote.close()
})

let stdio: (number | 'ignore')[]

beforeAll(() => {
  for (const fd of numbers) writeFileSync(file(fd), '')
  stdio = Array.from({length: 1001}, (_, fd) => (numbers.includes(fd) ? openSync(file(fd), 'r+') : 'ignore'))
  return () => {
    for (const fd of stdio) if (fd !== 'ignore') closeSync(fd)
  }
})

const {close_range} = syscallNumbers[process.arch as Arch]
const ENOSYS = 38
const ways: readonly {how: string; only?: readonly Method[]; straits: Straits}[] = [
  {how: 'on this kernel', straits: {}},
  {how: 'without close_range', straits: {refusals: [{number: close_range, errno: ENOSYS}]}},
  {how: 'without closefrom in libc', only: ['posix_spawn'], straits: {withoutClosefrom: true}},
]

/** The lowest numbers that this process has free: where the core's own pipe would lie. */
function lowestFree(count: number): readonly number[] {
  const opened = Array.from({length: count}, () => openSync('/dev/null', 'r'))
  for (const fd of opened) closeSync(fd)
  return opened
}

const firstNumbers = Array.from({length: 38}, (_, i) => i + 3)

function placingZero(number: number): Step {
  const zero = {path: '/dev/zero', access: 'read'} as const
  return {kind: 'descriptors', placements: [0, 1, 2, number].map(to => ({to, from: zero}))}
}

const rows = ways.flatMap(({how, only = methods, straits}) => only.map(method => ({how, method, straits})))

describe.each(rows)('the descriptors of a child made by $method $how', ({method, straits}) => {
  it('are those that were asked for, and no others', () => {
    const plans = Object.entries(wishes).map(([what, wish]) =>
      statePlan(join(directory.path, `${what}.json`), {steps: [placing(wish)]}),
    )
    const answers = spawnAllUnder({...straits, stdio}, method, plans)
    expect(answers).toEqual(plans.map(() => ({ran: expect.objectContaining({exitCode: 0})})))
    const seen = Object.keys(wishes).map(what => [what, readDescriptors(join(directory.path, `${what}.json`))])
    expect(Object.fromEntries(seen)).toEqual(
      Object.fromEntries(Object.entries(wishes).map(([what, wish]) => [what, expected(wish)])),
    )
  })
})

describe.each(methods)('the descriptors of a child made by %s', method => {
  it('are named when a source is not open', () => {
    const plan = planFor('/bin/true', {steps: [placing({3: 900, 4: 'closed'})]})
    expect(spawnUnder({stdio}, method, plan).error).toMatchObject({
      code: 'E_STEP',
      exitCode: 125,
      message: expect.stringContaining('descriptors: 0 kept, 1 kept, 2 kept, 3 from 900, 4 closed'),
      why: expect.stringContaining('3 from 900'),
      failure: {stage: 'step', step: 'descriptors', method, errno: 'EBADF'},
    })
  })

  it('may have the numbers that the core’s own pipe would have', () => {
    for (const number of new Set([...lowestFree(6), ...firstNumbers])) {
      const {fds} = observe(method, {steps: [placingZero(number)]}, directory.path)
      expect(fds).toEqual(Object.fromEntries([0, 1, 2, number].map(to => [to, '/dev/zero'])))
    }
  })

  it('may have them without the core taking a long search for its end', () => {
    const env = [`PATH=${Array.from({length: 3000}, (_, i) => `/no/such/directory/${i}`).join(':')}`]
    for (const number of lowestFree(6))
      expect(failure(method, planFor('no-such-program', {env, steps: [placingZero(number)]}), zygote)).toMatchObject({
        code: 'E_NOT_FOUND',
      })
  })

  it('are opened for what was asked: reading, writing, appending, both', () => {
    const path = (name: string) => join(directory.path, `${name}-${method}`)
    writeFileSync(path('read'), 'input')
    writeFileSync(path('write'), 'what was there before, and longer')
    writeFileSync(path('append'), 'before ')
    writeFileSync(path('both'), 'twice ')
    const placements: Placement[] = [
      {to: 0, from: {path: path('read'), access: 'read'}},
      {to: 1, from: {path: path('write'), access: 'write'}},
      {to: 2, from: {path: path('append'), access: 'append'}},
      {to: 5, from: {path: path('both'), access: 'read-write'}},
    ]
    const script = 'cat; echo appended >&2; cat <&5; echo again >&5; (echo no >&0) 2>/dev/null || echo ; echo'
    const plan = planFor('/bin/sh', {args: ['-c', script], steps: [{kind: 'descriptors', placements}]})
    expect(runPlan(plan, method).exitCode).toBe(0)
    const read = (name: string) => readFileSync(path(name), 'utf8')
    expect({write: read('write'), append: read('append'), both: read('both'), read: read('read')}).toEqual({
      write: 'inputtwice \n\n',
      append: 'before appended\n',
      both: 'twice again\n',
      read: 'input',
    })
  })

  it('share one description when they come from one file', () => {
    const output = {path: join(directory.path, `both-${method}`), access: 'write'} as const
    const placements = [
      {to: 0, from: {path: '/dev/null', access: 'read'} as const},
      {to: 1, from: output},
      {to: 2, from: output},
    ]
    const steps: Step[] = [{kind: 'descriptors', placements}]
    runPlan(planFor('/bin/sh', {args: ['-c', 'echo out; echo err >&2; echo out'], steps}), method)
    expect(readFileSync(output.path, 'utf8')).toBe('out\nerr\nout\n')
  })
})
