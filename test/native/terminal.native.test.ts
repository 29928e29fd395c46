import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openZygote} from '../../dist/methods/spawn.js'
import {posixSpawnFeatures} from '../../dist/native/core.js'
import {methods} from '../../src/methods/method.js'
import type {Step} from '../../src/plan/step.js'
import {failure, type Zygote} from '../helpers/failure.js'
import {fixture} from '../helpers/fixture.js'
import {observe, openDirectory} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'

const directory = openDirectory()
let holder: ChildProcess
let path: string
let zygote: Zygote

beforeAll(async () => {
  holder = spawn(fixture('hold-terminal'), {stdio: ['pipe', 'pipe', 'inherit']})
  const [line] = await once(holder.stdout as NodeJS.ReadableStream, 'data')
  path = String(line).trim()
  zygote = openZygote()
})

afterAll(async () => {
  zygote.close()
  holder.stdin?.end()
  await once(holder, 'exit')
  directory.remove()
})

const capable = methods.filter(method => method !== 'posix_spawn')

/** A session of its own, with this as its controlling terminal. */
function atTerminal(stdin: string): readonly Step[] {
  const placements = [stdin, '/dev/null', '/dev/null'].map(
    (file, to) => ({to, from: {path: file, access: 'read-write'}}) as const,
  )
  return [{kind: 'setsid'}, {kind: 'descriptors', placements}, {kind: 'ctty'}]
}

describe.each(capable)('a child made by %s', method => {
  it('has its standard input as controlling terminal, in whose foreground it is', () => {
    const seen = observe(method, {steps: atTerminal(path)}, directory.path)
    expect(seen).toMatchObject({session: 'own', group: 'own', terminal: 'foreground', fds: {0: path}})
  })

  it('says that its standard input is no terminal', () => {
    expect(failure(method, planFor('/bin/true', {steps: atTerminal('/dev/null')}), zygote)).toMatchObject({
      code: 'E_STEP',
      why: 'standard input is no terminal',
      failure: {step: 'ctty', syscall: 'ioctl', errno: 'ENOTTY', method},
    })
  })

  it('says that there is no terminal to be in the foreground of', () => {
    const plan = planFor('/bin/true', {steps: [{kind: 'setsid'}, {kind: 'foreground'}]})
    expect(failure(method, plan, zygote)).toMatchObject({
      code: 'E_STEP',
      why: 'there is no controlling terminal',
      failure: {step: 'foreground', syscall: 'openat', errno: 'ENXIO', method},
    })
  })
})

describe('posix_spawn', () => {
  it('refuses a controlling terminal', () => {
    const plan = planFor('/bin/true', {steps: [{kind: 'setsid'}, {kind: 'ctty'}]})
    expect(failure('posix_spawn', plan)).toMatchObject({code: 'E_REFUSED'})
  })

  it.skipIf(!posixSpawnFeatures().tcsetpgrp)(
    'says that there is no terminal to be in the foreground of # needs glibc 2.35',
    () => {
      const plan = planFor('/bin/true', {steps: [{kind: 'setsid'}, {kind: 'foreground'}]})
      expect(failure('posix_spawn', plan)).toMatchObject({
        code: 'E_STEP',
        why: 'there is no controlling terminal',
        failure: {step: 'foreground', errno: 'ENXIO', method: 'posix_spawn'},
      })
    },
  )
})
