import {describe, expect, it} from 'vitest'
import {diagnose} from '../../src/methods/diagnosis/diagnose.js'
import type {Step} from '../../src/plan/step.js'
import {planFor} from '../helpers/plans.js'

const limited = (memoryMax: number): Step => ({kind: 'cgroup', limits: {memoryMax}})
const umask: Step = {kind: 'umask', mask: 0}
const [EAGAIN, ENOMEM, EMFILE, SIGKILL, SIGTERM] = [11, 12, 24, 9, 15]
const nothing = {failedStep: 0, errno: ENOMEM, waitStatus: 0, failedCall: 0}

function told(steps: readonly Step[], outcome: Parameters<typeof diagnose>[3], cgroupCall?: number) {
  const calls = [{step: umask, name: 'umask'}] as unknown as Parameters<typeof diagnose>[2]['calls']
  const lowered = {calls, candidates: ['/bin/true'], cloneFlags: 0, cgroupCall}
  return diagnose('clone', planFor('/bin/true', {steps}), lowered, outcome)
}

describe('the memory limit of the child’s own control group', () => {
  it.each([
    ['execve gets ENOMEM', {...nothing, stage: 'exec'}],
    ['a step gets ENOMEM', {...nothing, stage: 'step'}],
    ['it is killed before execve', {...nothing, stage: 'killed', waitStatus: SIGKILL}],
  ] as const)('is named when %s', (_, outcome) => {
    const {why, next} = told([limited(1024), umask], outcome)
    expect(why).toContain('its own control group has a limit of 1024 bytes (--memory-max)')
    expect(next).toContain('a larger limit: --memory-max 64M')
  })

  it('is not told to be raised to less than it is', () => {
    expect(told([limited(2 ** 30)], {...nothing, stage: 'exec'}).next).toBe('a larger limit')
  })

  it('is not blamed where there is none, or by another signal', () => {
    expect(told([], {...nothing, stage: 'exec'}).why).toContain('out of memory')
    expect(told([limited(0)], {...nothing, stage: 'killed', waitStatus: SIGTERM}).why).toContain('something outside')
  })
})

describe('the limit on processes of the child’s control group', () => {
  const [own, named]: readonly Step[] = [
    {kind: 'cgroup', limits: {pidsMax: 1}},
    {kind: 'cgroup', path: '/box'},
  ]

  it.each([
    ['a step gets EAGAIN', own, 'step', undefined, /limit of 1 processes and threads \(--pids-max\)/],
    ['a step gets EAGAIN in one that was named', named, 'step', undefined, /group \/box \(--cgroup\)/],
    ['the child was to be created in it', named, 'create', 0, /group \/box \(--cgroup\)/],
  ] as const)('is named when %s', (_, step, stage, cgroupCall, why) => {
    const outcome = {...nothing, errno: EAGAIN, stage}
    expect(told([step as Step, umask], outcome, cgroupCall).why).toMatch(why)
  })

  it('is not blamed for the creation of a child outside of it', () => {
    expect(told([named as Step], {...nothing, errno: EAGAIN, stage: 'create'}).why).not.toContain('/box')
  })
})

describe('the limit on open files', () => {
  it('is named when a step gets EMFILE', () => {
    expect(told([umask], {...nothing, errno: EMFILE, stage: 'step'}).why).toContain('RLIMIT_NOFILE')
  })
})
