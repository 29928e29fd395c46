import {chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openZygote} from '../../dist/methods/spawn.js'
import {methods} from '../../src/methods/method.js'
import type {Step} from '../../src/plan/step.js'
import {contains, failure, type Zygote} from '../helpers/failure.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'

const capable = methods.filter(method => method !== 'posix_spawn')
const directory = openDirectory()
const root = join(directory.path, 'root')
const below = (path: string) => join(root, path)
const loader = /\/lib[^\0]*\/ld-[^\0]*/.exec(readFileSync('/bin/true', 'latin1'))?.[0] as string
const newRoot: Step = {kind: 'root', path: root, by: 'chroot'}
let zygote: Zygote

beforeAll(() => {
  const write = (path: string, text: string) => {
    writeFileSync(below(path), text)
    chmodSync(below(path), 0o755)
  }
  for (const path of ['usr/bin', 'usr/sbin', 'work', 'mnt']) mkdirSync(below(path), {recursive: true})
  symlinkSync('usr/bin', below('bin'))
  copyFileSync('/bin/true', below('usr/bin/dynamic'))
  symlinkSync('/bin/dynamic', below('usr/sbin/link'))
  symlinkSync('/bin/true', below('usr/sbin/dangling'))
  write('bin/plain', 'echo\n')
  write('bin/script', '#!/usr/bin/env\n')
  write('bin/of-dynamic', '#!/bin/dynamic\n')
  write('bin/denied', '')
  chmodSync(below('bin/denied'), 0o644)
  zygote = openZygote()
  return () => zygote.close()
})
afterAll(directory.remove)

const lacking = {code: 'E_INTERPRETER', exitCode: 126}
const failing: readonly {what: string; file: string; steps?: readonly Step[]; error: object}[] = [
  {
    what: 'the loader',
    file: '/bin/dynamic',
    error: {
      ...lacking,
      message: `/bin/dynamic: its loader ${loader} is not in ${root}`,
      next: contains(`--bind ${loader.split('/').slice(0, 2).join('/')}:`),
    },
  },
  {
    what: 'the loader of a program in PATH',
    file: 'dynamic',
    error: {...lacking, message: contains(`: its loader ${loader} is not in ${root}`)},
  },
  {
    what: 'the loader, by an absolute link, which stays below the root',
    file: '/usr/sbin/link',
    error: {...lacking, message: contains(`its loader ${loader} is not in`)},
  },
  {
    what: 'the loader, by a relative path',
    file: './dynamic',
    steps: [{kind: 'chdir', path: '/bin'}],
    error: {...lacking, message: contains(`its loader ${loader} is not in`)},
  },
  {
    what: 'the interpreter of a script',
    file: '/bin/script',
    error: {...lacking, message: `/bin/script: its interpreter /usr/bin/env is not in ${root}`},
  },
  {
    what: 'the loader of an interpreter',
    file: '/bin/of-dynamic',
    error: {...lacking, message: `/bin/of-dynamic: /bin/dynamic’s loader ${loader} is not in ${root}`},
  },
  {
    what: 'the shell of a file without #!',
    file: '/bin/plain',
    error: {...lacking, message: `/bin/plain: its shell /bin/sh is not in ${root}`},
  },
  {
    what: 'a file that is elsewhere alone',
    file: '/usr/sbin/dangling',
    error: {code: 'E_NOT_FOUND', exitCode: 127, why: `there is nothing at ${below('usr/bin/true')}`},
  },
  {
    what: 'a program in PATH there',
    file: 'true',
    error: {
      code: 'E_NOT_FOUND',
      exitCode: 127,
      why: `not found in PATH below the new root ${root}; PATH of the program is /bin:/usr/bin`,
      next: contains('--bind /usr:/usr:ro'),
    },
  },
  {
    what: 'a program in PATH there, though the working directory has one',
    file: 'link',
    steps: [{kind: 'chdir', path: '/usr/sbin'}],
    error: {exitCode: 127, next: 'there is one in the working directory: ./link'},
  },
  {
    what: 'the right to execute',
    file: '/bin/denied',
    error: {code: 'E_NOT_EXECUTABLE', exitCode: 126, next: contains(`chmod +x ${below('usr/bin/denied')}`)},
  },
]

describe.skipIf(!has.root).each(capable)('below a new root, by %s # needs root', method => {
  it.each(failing)('tells that what is missing is $what', ({file, steps = [], error}) => {
    expect(failure(method, planFor(file, {steps: [newRoot, ...steps]}), zygote)).toMatchObject(error)
  })
})

describe.skipIf(!has.unshare).each(capable)(
  'with mounts below a new root, by %s # needs root and namespaces',
  method => {
    it('does not guess at what is missing', () => {
      const steps: Step[] = [
        {kind: 'unshare', namespaces: ['mount']},
        {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/mnt'}], under: root},
        newRoot,
      ]
      expect(failure(method, planFor('/bin/dynamic', {steps}), zygote)).toMatchObject({
        code: 'E_NOT_FOUND',
        why: contains('cannot be seen from here'),
      })
    })
  },
)
