import {describe, expect, it} from 'vitest'
import {makePlan} from '../../../src/plan/plan.js'
import {resourceNames} from '../../../src/plan/resource.js'
import type {Step} from '../../../src/plan/step.js'
import {stepOf} from '../../helpers/plans.js'

const plan = (step: Step) => makePlan({file: '/bin/x', argv: ['x'], env: [], steps: [step]})

describe('--rlimit', () => {
  it.each(resourceNames)('knows %s', name => {
    const wanted = {soft: 5, hard: 9}
    const [limits, nofile] = [stepOf('rlimits', {rlimit: `${name}=5:9`}), stepOf('nofile', {rlimit: `${name}=5:9`})]
    expect(name === 'nofile' ? nofile?.limit : limits?.limits[name]).toEqual(wanted)
    expect(name === 'nofile' ? limits : nofile).toBeUndefined()
  })

  it.each([
    ['7', {soft: 7, hard: 7}],
    ['7:', {soft: 7, hard: 4096}],
    [':7777', {soft: 1024, hard: 7777}],
    [':512', {soft: 512, hard: 512}],
    ['2K:1G', {soft: 2048, hard: 2 ** 30}],
    ['unlimited', {soft: 'unlimited', hard: 'unlimited'}],
    ['0:infinity', {soft: 0, hard: 'unlimited'}],
  ])('reads %s', (text, limit) => {
    expect(stepOf('rlimits', {rlimit: `data=${text}`})?.limits.data).toEqual(limit)
  })

  it('takes the last of two for the same resource', () => {
    expect(stepOf('rlimits', {rlimit: ['core=1', 'cpu=3', 'core=2']})?.limits).toEqual({
      core: {soft: 2, hard: 2},
      cpu: {soft: 3, hard: 3},
    })
  })

  it.each(['', 'core', 'files=3', '=3', 'core=', 'core=:', 'core=x', 'core=-1', 'core=1:2:x', 'core=9999999999T'])(
    'refuses "%s"',
    text => {
      expect(() => stepOf('rlimits', {rlimit: text})).toThrow(expect.objectContaining({code: 'E_USAGE'}))
    },
  )
})

describe('a plan with limits', () => {
  it.each<Step>([
    {kind: 'nofile', limit: {soft: 2, hard: 1}},
    {kind: 'nofile', limit: {soft: 'unlimited', hard: 1}},
    {kind: 'rlimits', limits: {core: {soft: -1, hard: 1}}},
    {kind: 'rlimits', limits: {core: {soft: 0.5, hard: 1}}},
    {kind: 'rlimits', limits: {nofile: {soft: 1, hard: 1}}},
  ])('refuses %j', step => {
    expect(() => plan(step)).toThrow(expect.objectContaining({code: 'E_STEPS'}))
  })
})
