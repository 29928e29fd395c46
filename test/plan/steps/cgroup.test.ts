import {describe, expect, it} from 'vitest'
import {ScriptWriter} from '../../../src/plan/script.js'
import {cgroup} from '../../../src/plan/steps/cgroup.js'
import {type options, situation, stepOf} from '../../helpers/plans.js'

type Given = Parameters<typeof options>[0]

describe('the options of control groups', () => {
  it.each<[Given, object]>([
    [{cgroup: '/box'}, {kind: 'cgroup', path: '/box'}],
    [{'memory-max': '4096'}, {kind: 'cgroup', limits: {memoryMax: 4096}}],
    [{'memory-max': '2k'}, {kind: 'cgroup', limits: {memoryMax: 2048}}],
    [
      {'memory-max': '3G', cgroup: 'a'},
      {kind: 'cgroup', path: 'a', limits: {memoryMax: 3 * 2 ** 30}},
    ],
    [{'pids-max': '7'}, {kind: 'cgroup', limits: {pidsMax: 7}}],
    [{'cpu-max': '50%'}, {kind: 'cgroup', limits: {cpuMax: {quotaUs: 50_000, periodUs: 100_000}}}],
    [{'cpu-max': '150%'}, {kind: 'cgroup', limits: {cpuMax: {quotaUs: 150_000, periodUs: 100_000}}}],
    [{'cpu-max': '2000/10000'}, {kind: 'cgroup', limits: {cpuMax: {quotaUs: 2000, periodUs: 10_000}}}],
    [{'cpu-max': '2000 10000'}, {kind: 'cgroup', limits: {cpuMax: {quotaUs: 2000, periodUs: 10_000}}}],
  ])('%j is this one', (given, step) => {
    expect(stepOf('cgroup', given)).toEqual(step)
  })

  it.each<Given>([
    {cgroup: ''},
    {'memory-max': ''},
    {'memory-max': '5X'},
    {'memory-max': '-1'},
    {'memory-max': '9999999T'},
    {'pids-max': '0'},
    {'pids-max': 'few'},
    {'pids-max': '4194305'},
    {'cpu-max': '0%'},
    {'cpu-max': '0'},
    {'cpu-max': '50'},
    {'cpu-max': '0.5%'},
    {'cpu-max': '999/100000'},
    {'cpu-max': '50000/0'},
    {'cpu-max': '50000/1000001'},
    {'cpu-max': '%'},
  ])('%j is refused', given => {
    expect(() => stepOf('cgroup', given)).toThrow(expect.objectContaining({code: 'E_USAGE'}))
  })

  it.each<[Given, string]>([
    [{cgroup: '/box'}, 'control group /box'],
    [{'pids-max': '7'}, 'control group of its own (7 processes)'],
    [{'pids-max': '7', cgroup: '/box'}, 'control group below /box (7 processes)'],
  ])('%j is described', (given, text) => {
    expect(cgroup.describe(stepOf('cgroup', given) as never)).toBe(text)
  })
})

describe('a control group', () => {
  const step = {kind: 'cgroup', path: '/box', open: [{procs: 7, directory: 8}, {procs: 9}]} as const

  function lowered(takesFlags: boolean) {
    const script = new ScriptWriter('x64', situation({takesFlags}))
    script.call('getpid', [])
    cgroup.lower(step, script)
    return {calls: script.calls.map(({name, args}) => [name, args[0]]), cgroup: script.situation.cgroup}
  }

  it('is entered by a write to each of its files', () => {
    const {calls, cgroup: creation} = lowered(false)
    expect(calls).toEqual([
      ['getpid', undefined],
      ['write', 7],
      ['write', 9],
    ])
    expect(creation.cgroupFd).toBe(-1)
  })

  it('of version 2 is what the child is created in, where the method can; the write is for where the kernel cannot', () => {
    expect(lowered(true)).toEqual({
      calls: [
        ['getpid', undefined],
        ['write', 7],
        ['write', 9],
      ],
      cgroup: {cgroupFd: 8, cgroupStep: 1},
    })
  })
})
