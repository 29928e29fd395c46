import {describe, expect, it} from 'vitest'
import {signalList} from '../../../src/plan/signals.js'
import {stepOf} from '../../helpers/plans.js'

const [SIGHUP, SIGKILL, SIGPIPE, SIGTERM, SIGSTOP, SIGXFSZ] = [1, 9, 13, 15, 19, 25]
const changeable = signalList('all').filter(signal => signal !== SIGKILL && signal !== SIGSTOP)
const defaults = (given: Parameters<typeof stepOf>[1]) => new Set(stepOf('sigdefault', given)?.signals)

describe('signals at their default action', () => {
  it('are those that Node ignores, always', () => {
    expect(defaults({})).toEqual(new Set([SIGPIPE, SIGXFSZ]))
  })

  it('are more when --sigdefault says so', () => {
    expect(defaults({sigdefault: 'HUP,PIPE'})).toEqual(new Set([SIGHUP, SIGPIPE, SIGXFSZ]))
  })

  it('are all that can be with "all"', () => {
    expect(defaults({sigdefault: 'all'})).toEqual(new Set(changeable))
  })

  it('are not those that shall be ignored', () => {
    expect(defaults({sigignore: 'PIPE'})).toEqual(new Set([SIGXFSZ]))
    expect(defaults({sigdefault: 'HUP,TERM', sigignore: 'HUP'})).toEqual(new Set([SIGTERM, SIGPIPE, SIGXFSZ]))
    expect(defaults({sigignore: 'all'})).toEqual(new Set())
  })

  it('are refused when they are none', () => {
    expect(() => defaults({sigdefault: 'HUP,BOGUS'})).toThrow('"BOGUS" is no signal')
  })
})

describe('ignored signals', () => {
  it('are none, and no step, without --sigignore', () => {
    expect(stepOf('sigignore', {})).toBeUndefined()
  })

  it.each([
    ['HUP', [SIGHUP]],
    ['TERM,HUP', [SIGHUP, SIGTERM]],
    ['none', []],
    ['all', changeable],
  ])('are those of "%s"', (text, signals) => {
    expect(stepOf('sigignore', {sigignore: text})?.signals).toEqual(signals)
  })

  it.each(['KILL', 'HUP,STOP', '9'])('are refused in "%s", which the kernel would refuse', text => {
    expect(() => stepOf('sigignore', {sigignore: text})).toThrow(/SIG(KILL|STOP) cannot be ignored/)
  })
})

describe('blocked signals', () => {
  it.each([
    [{}, []],
    [{sigmask: 'none'}, []],
    [{sigmask: 'USR1,1'}, [SIGHUP, 10]],
    [{sigmask: 'all'}, signalList('all')],
    [{sigmask: ['all', 'none']}, []],
  ])('are as %j says', (given, signals) => {
    expect(stepOf('sigmask', given)).toEqual({kind: 'sigmask', signals})
  })
})
