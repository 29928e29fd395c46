import {describe, expect, it} from 'vitest'
import {makePlan} from '../../../src/plan/plan.js'
import type {Step} from '../../../src/plan/step.js'
import {type options, stepOf, stepsOf} from '../../helpers/plans.js'

type Given = Parameters<typeof options>[0]
const kinds = ['bounding', 'keepcaps', 'capabilities', 'ambient', 'securebits', 'no_new_privs']
/** The caller has chown, setgid, setuid, setpcap and net_raw; net_raw is inheritable. */
const wanted = (given: Given) => stepsOf(given).filter(({kind}) => kinds.includes(kind))
const everyCapability = Array.from({length: 41}, (_, i) => i)

describe('the options of capabilities', () => {
  it.each<[string, Given, Step[]]>([
    ['are no steps when not given', {}, []],
    [
      'take away from every set',
      {'cap-drop': 'net_raw,CAP_CHOWN'},
      [
        {kind: 'bounding', drop: [0, 13]},
        {kind: 'capabilities', permitted: [6, 7, 8], inheritable: []},
      ],
    ],
    [
      'take all away but what is added',
      {'cap-drop': 'all', 'cap-add': 'setuid'},
      [
        {kind: 'bounding', drop: everyCapability.filter(capability => capability !== 7)},
        {kind: 'capabilities', permitted: [7], inheritable: [7]},
        {kind: 'ambient', capabilities: [7]},
      ],
    ],
    [
      'make ambient what is inheritable then',
      {'ambient-caps': ['+chown', '8']},
      [
        {kind: 'capabilities', permitted: [0, 6, 7, 8, 13], inheritable: [0, 8, 13]},
        {kind: 'ambient', capabilities: [0, 8]},
      ],
    ],
    [
      'empty the ambient ones',
      {'ambient-caps': 'none'},
      [
        {kind: 'capabilities', permitted: [0, 6, 7, 8, 13], inheritable: [13]},
        {kind: 'ambient', capabilities: []},
      ],
    ],
    ['keep what is permitted', {'keep-caps': true}, [{kind: 'keepcaps'}]],
    ['are securebits by name', {securebits: 'noroot,+keep-caps'}, [{kind: 'securebits', bits: 17}]],
    ['are securebits by number', {securebits: '0x2f'}, [{kind: 'securebits', bits: 47}]],
    ['are no new privileges', {'no-new-privs': true}, [{kind: 'no_new_privs'}]],
  ])('%s', (_, given, steps) => {
    expect(wanted(given)).toEqual(steps)
  })

  it('keep over the change of user what is needed after it', () => {
    expect(stepOf('keepcaps', {uid: '5', 'ambient-caps': 'net_raw'})).toBeDefined()
    expect(stepOf('capabilities', {uid: '5', securebits: 'noroot'})).toMatchObject({permitted: [0, 6, 7, 8, 13]})
    expect(stepOf('keepcaps', {uid: '5', 'cap-drop': 'all'})).toBeUndefined()
    expect(stepOf('keepcaps', {'ambient-caps': 'net_raw'})).toBeUndefined()
    expect(stepOf('keepcaps', {uid: '0', 'ambient-caps': 'net_raw'})).toBeUndefined()
  })

  it('ask for nothing that the change of user has taken away', () => {
    expect(stepOf('capabilities', {user: 'alice', 'cap-drop': 'net_raw'})?.permitted).toEqual([])
    expect(stepOf('capabilities', {uid: '0', 'cap-drop': 'net_raw'})?.permitted).toEqual([0, 6, 7, 8])
    expect(stepOf('capabilities', {uid: '5', 'cap-drop': 'net_raw', 'keep-caps': true})?.permitted).toEqual([
      0, 6, 7, 8,
    ])
  })

  it.each<[Given, boolean]>([
    [{unshare: 'user'}, true],
    [{'map-root-user': true}, true],
    [{join: '7:user,net'}, true],
    [{join: '/proc/7/ns/user'}, true],
    [{unshare: 'net'}, false],
    [{join: '7'}, false],
    [{join: '/run/netns/x'}, false],
  ])('count those of the user namespace that is entered: %j', (given, isEntered) => {
    const {permitted, inheritable} = stepOf('capabilities', {...given, 'ambient-caps': 'chown'}) ?? {}
    expect(permitted).toEqual(isEntered ? everyCapability : [0, 6, 7, 8, 13])
    expect(inheritable).toEqual(isEntered ? [0] : [0, 13])
  })

  it('take back what a sign takes back', () => {
    expect(stepOf('bounding', {'cap-drop': '+all,-net_raw'})?.drop).not.toContain(13)
  })

  it.each<Given>([
    {'cap-drop': ''},
    {'cap-drop': 'net_raww'},
    {'cap-add': '64'},
    {'ambient-caps': 'net_raw,'},
    {'ambient-caps': 'net_raw', 'cap-drop': 'net_raw'},
    {securebits: 'root'},
    {securebits: '256'},
  ])('refuse %j', given => {
    expect(() => stepsOf(given)).toThrow(expect.objectContaining({code: 'E_USAGE'}))
  })

  it.each<Step>([
    {kind: 'bounding', drop: [64]},
    {kind: 'capabilities', permitted: [-1], inheritable: []},
    {kind: 'ambient', capabilities: [0.5]},
    {kind: 'securebits', bits: 256},
  ])('make no plan of %j', step => {
    expect(() => makePlan({file: '/bin/x', argv: ['x'], env: [], steps: [step]})).toThrow(
      expect.objectContaining({code: 'E_STEPS'}),
    )
  })
})
