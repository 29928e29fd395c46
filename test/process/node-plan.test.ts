import {describe, expect, it} from 'vitest'
import type {Step} from '../../src/plan/step.js'
import {type NodeOptions, type NodeSource, nodePlan} from '../../src/process/node-plan.js'

const inherit: readonly NodeSource[] = [0, 1, 2]

function planOf(options: Partial<NodeOptions>, sources = inherit, housekeeping: readonly Step[] = []) {
  return nodePlan({file: 'prog', args: ['prog', 'x'], envPairs: ['A=1'], ...options}, sources, housekeeping)
}

function kinds(options: Partial<NodeOptions>): readonly string[] {
  return planOf(options)
    .steps.map(({kind}) => kind)
    .filter(kind => !['sigdefault', 'descriptors', 'sigmask'].includes(kind))
}

function placements(sources: readonly NodeSource[]) {
  const step = planOf({}, sources).steps.find(({kind}) => kind === 'descriptors')
  return (step as Extract<Step, {kind: 'descriptors'}>).placements
}

describe('the plan of a child as Node would start it', () => {
  it('takes program, arguments and environment as they are', () => {
    expect(planOf({})).toMatchObject({file: 'prog', argv: ['prog', 'x'], env: ['A=1']})
  })

  it('has the program’s name for argv[0] and this environment where Node says nothing', () => {
    const plan = planOf({args: null, envPairs: null})
    expect(plan.argv).toEqual(['prog'])
    expect(plan.env).toContain(`PATH=${process.env.PATH}`)
  })

  it.each<[string, Partial<NodeOptions>, string[]]>([
    ['nothing', {}, []],
    ['nothing for null', {uid: null, gid: null, cwd: null}, []],
    ['nothing for an empty cwd, as Node', {cwd: ''}, []],
    ['a session', {detached: true}, ['setsid']],
    ['a directory', {cwd: '/'}, ['chdir']],
    ['a user without the caller’s groups', {uid: 1}, ['setgroups', 'setuid']],
    ['root', {uid: 0}, ['setgroups', 'setuid']],
    ['a group', {gid: 1}, ['setgroups', 'setgid']],
    ['both', {uid: 1, gid: 2}, ['setgroups', 'setgid', 'setuid']],
    ['a directory that the caller enters', {uid: 1, cwd: '/'}, ['chdir', 'setgroups', 'setuid']],
  ])('asks for %s', (_, options, expected) => {
    expect(kinds(options)).toEqual(expected)
  })

  it('reads a negative id as the unsigned one that C makes of it', () => {
    expect(planOf({uid: -2}).steps).toContainEqual({kind: 'setuid', uid: 0xfffffffe})
  })

  it('lets housekeeping take the place of Node’s own', () => {
    const {steps} = planOf({uid: 1}, inherit, [
      {kind: 'setgroups', groups: [7]},
      {kind: 'umask', mask: 0o77},
    ])
    expect(steps.filter(({kind}) => kind === 'setgroups')).toEqual([{kind: 'setgroups', groups: [7]}])
    expect(steps).toContainEqual({kind: 'umask', mask: 0o77})
  })
})

describe('the descriptors of a child as Node would start it', () => {
  const toRead = {path: '/dev/null', access: 'read'}
  const nothing = {path: '/dev/null', access: 'read-write'}

  it.each<[string, NodeSource[], object[]]>([
    [
      'are blocking on 0 to 2 alone',
      [5, 6, 7, 8],
      [
        {to: 0, from: 5, blocking: true},
        {to: 1, from: 6, blocking: true},
        {to: 2, from: 7, blocking: true},
        {to: 3, from: 8},
      ],
    ],
    [
      'are /dev/null where ignored or missing',
      ['ignore'],
      [
        {to: 0, from: toRead},
        {to: 1, from: nothing},
        {to: 2, from: nothing},
      ],
    ],
    [
      'are closed where ignored beyond 2',
      [0, 'ignore', 2, 'ignore', 9],
      [
        {to: 0, from: 0, blocking: true},
        {to: 1, from: nothing},
        {to: 2, from: 2, blocking: true},
        {to: 4, from: 9},
      ],
    ],
  ])('%s', (_, sources, expected) => {
    expect(placements(sources)).toEqual(expected)
  })
})
