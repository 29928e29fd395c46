import {describe, expect, it} from 'vitest'
import {refusal} from '../../dist/methods/capability.js'
import type {Step} from '../../src/plan/step.js'
import {has} from '../helpers/needs.js'
import {planFor} from '../helpers/plans.js'
import {spawnUnder} from '../helpers/spawn-under.js'

const most = 250
const maps = {users: [{inner: 0, outer: 100_000, count: 1000}]}

const withInit: readonly Step[] = [{kind: 'unshare', namespaces: ['pid']}, {kind: 'init'}]

/** What else the zygote is sent, at most. */
const table: readonly {readonly what: string; readonly steps: readonly Step[]; readonly sent: number}[] = [
  {what: 'nothing', steps: [], sent: 0},
  {what: 'a pid namespace', steps: [{kind: 'unshare', namespaces: ['pid']}], sent: 0},
  {what: 'an init', steps: withInit, sent: 1},
  {what: 'a control group', steps: [{kind: 'cgroup', path: '/some'}], sent: 1},
  {what: 'limits', steps: [{kind: 'cgroup', limits: {pidsMax: 9, memoryMax: 2 ** 30}}], sent: 2},
  {what: 'a namespace of a process', steps: [{kind: 'join', targets: [{pid: 7, namespaces: ['net']}]}], sent: 0},
  {what: 'a pid namespace of a process', steps: [{kind: 'join', targets: [{pid: 7, namespaces: ['pid']}]}], sent: 1},
  {what: 'namespaces by path', steps: [{kind: 'join', targets: [{path: '/a'}, {path: '/b'}]}], sent: 3},
  {what: 'an open namespace', steps: [{kind: 'join', targets: [{fd: 5, namespace: 'net'}]}], sent: 1},
  {what: 'maps', steps: [{kind: 'unshare', namespaces: ['user'], ...maps}], sent: 1},
  {what: 'maps and a pid namespace', steps: [{kind: 'unshare', namespaces: ['user', 'pid'], ...maps}], sent: 2},
]

/** With so many descriptors of its own, and one that is closed. */
function planOf(sources: number, steps: readonly Step[]) {
  const placed = Array.from({length: sources}, (_, i) => ({
    to: i,
    from: {path: '/dev/null', access: 'read-write'} as const,
  }))
  const placements = [...placed, {to: sources, from: 'closed'} as const]
  return planFor('/bin/true', {steps: [...steps, {kind: 'descriptors', placements}]})
}

describe('what one message to the zygote does not carry is refused', () => {
  it.each(table)('of descriptors and $what', ({steps, sent}) => {
    expect(refusal(planOf(most - sent, steps), 'zygote')).toBeUndefined()
    expect(refusal(planOf(most - sent + 1, steps), 'zygote')).toEqual({
      step: '251 descriptors',
      reason: expect.stringContaining('one message to the zygote carries at most 250'),
      alternative: 'clone',
    })
  })

  it.skipIf(!has.unshare)('and nothing else # needs root and namespaces', () => {
    expect(spawnUnder({}, 'zygote', planOf(most - 1, withInit))).toMatchObject({ran: {exitCode: 0}})
  })
})
