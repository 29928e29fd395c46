import {describe, expect, it} from 'vitest'
import {chooseMethod} from '../../dist/flowchart/derive.js'
import type {Method} from '../../src/methods/method.js'
import type {Step} from '../../src/plan/step.js'
import {planFor} from '../helpers/plans.js'

const wanted: readonly [method: Method, steps: readonly Step[], why: string][] = [
  ['posix_spawn', [], 'the housekeeping is simple'],
  ['clone', [{kind: 'umask', mask: 0o27}], 'posix_spawn cannot do "umask 027"'],
  ['clone', [{kind: 'oom_score_adj', value: 5}], 'posix_spawn cannot do'],
  ['fork', [{kind: 'join', targets: [{pid: 7, namespaces: ['net', 'time']}]}], 'clone cannot do "join net,time'],
  ['fork', [{kind: 'join', targets: [{path: '/proc/7/ns/time'}]}], 'clone cannot do "join /proc/7/ns/time"'],
]

describe('the method that is chosen', () => {
  it.each(wanted)('is %s, which can do it: %j', (method, steps, why) => {
    const chosen = chooseMethod(planFor('/bin/true', {steps}))
    expect(chosen.method).toBe(method)
    expect(chosen.why).toContain(why)
  })
})
