import {describe, expect, it} from 'vitest'
import {methodTraits} from '../../../src/methods/method.js'
import {kindOf} from '../../../src/plan/housekeeping.js'
import {makePlan} from '../../../src/plan/plan.js'
import type {Step} from '../../../src/plan/step.js'
import {type options, stepOf, stepsOf} from '../../helpers/plans.js'

type Given = Parameters<typeof options>[0]

describe('scheduling options', () => {
  it.each<[Given, Step]>([
    [{sched: 'other'}, {kind: 'sched', policy: 'other'}],
    [{sched: 'idle:0'}, {kind: 'sched', policy: 'idle'}],
    [{sched: 'rr:99'}, {kind: 'sched', policy: 'rr', priority: 99}],
    [{sched: 'deadline:1/2/3'}, {kind: 'sched', policy: 'deadline', runtime: 1, deadline: 2, period: 3}],
    [{nice: '10'}, {kind: 'nice', value: 13}],
    [{nice: '-4'}, {kind: 'nice', value: -1}],
    [{nice: '+99'}, {kind: 'nice', value: 19}],
    [{nice: '-99'}, {kind: 'nice', value: -20}],
    [{cpus: '0'}, {kind: 'cpus', cpus: [0]}],
    [{cpus: '3,0-1'}, {kind: 'cpus', cpus: [0, 1, 3]}],
    [{cpus: '0-7:3,6'}, {kind: 'cpus', cpus: [0, 3, 6]}],
    [{ionice: 'idle'}, {kind: 'ionice', class: 'idle', level: 7}],
    [{ionice: '1'}, {kind: 'ionice', class: 'realtime', level: 4}],
    [{ionice: 'best-effort:0'}, {kind: 'ionice', class: 'best-effort', level: 0}],
    [{'oom-score-adj': '-1000'}, {kind: 'oom_score_adj', value: -1000}],
    [{'timer-slack': '0'}, {kind: 'timer_slack', ns: 0}],
    [{'timer-slack': '50us'}, {kind: 'timer_slack', ns: 50_000}],
    [{'timer-slack': '2s'}, {kind: 'timer_slack', ns: 2e9}],
  ])('read %j', (given, step) => {
    expect(stepOf(step.kind, given)).toEqual(step)
  })

  it('are no steps when they are not given', () => {
    const kinds = stepsOf({}).map(({kind}) => kind)
    for (const kind of ['sched', 'nice', 'cpus', 'ionice', 'oom_score_adj', 'timer_slack'])
      expect(kinds).not.toContain(kind)
  })

  it.each<Given>([
    ...['', 'fifo', 'fifo:', 'fifo:x', 'other:1', 'deadline:1/2', 'best'].map(sched => ({sched})),
    ...['', 'x', '1.5', '--3'].map(nice => ({nice})),
    ...['', 'a', '3-1', '0-7:0', '1,', '-1', '8192'].map(cpus => ({cpus})),
    ...['', 'fast', '4', 'idle:1', 'none:0', 'best-effort:8'].map(ionice => ({ionice})),
    ...['', '1001', '-1001', 'x'].map(value => ({'oom-score-adj': value})),
    ...['', '1h', '-1', '1.5ms'].map(value => ({'timer-slack': value})),
  ])('refuse %j', given => {
    expect(() => stepsOf(given)).toThrow(expect.objectContaining({code: 'E_USAGE'}))
  })
})

describe('a plan', () => {
  it.each<Step>([
    {kind: 'sched', policy: 'fifo', priority: 0},
    {kind: 'sched', policy: 'rr', priority: 100},
    {kind: 'sched', policy: 'deadline', runtime: 3000, deadline: 2000, period: 3000},
    {kind: 'sched', policy: 'deadline', runtime: 1000, deadline: 2000, period: 3000},
    {kind: 'nice', value: 20},
    {kind: 'cpus', cpus: []},
    {kind: 'cpus', cpus: [-1]},
    {kind: 'ionice', class: 'idle', level: 8},
    {kind: 'oom_score_adj', value: 1001},
    {kind: 'timer_slack', ns: -1},
  ])('refuses %j', step => {
    expect(() => makePlan({file: '/bin/x', argv: ['x'], env: [], steps: [step]})).toThrow(
      expect.objectContaining({code: 'E_STEPS'}),
    )
  })
})

describe('an OOM score', () => {
  it('is refused where the caller would get it as well', () => {
    const step = {kind: 'oom_score_adj', value: 1} as const
    expect(kindOf(step).refuses?.(step, methodTraits['clone-vm'].birth)).toContain('the caller would get it')
    expect(kindOf(step).refuses?.(step, methodTraits.clone.birth)).toBeUndefined()
  })
})
