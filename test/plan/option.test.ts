import {describe, expect, it} from 'vitest'
import {environmentOptions, identityOptions} from '../../src/plan/environment.js'
import {housekeepingOptions} from '../../src/plan/housekeeping.js'
import {isOn, lastValue, wholeNumber} from '../../src/plan/option.js'

describe('lastValue', () => {
  it('is the last of several', () => {
    expect(lastValue({cwd: ['/a', '/b']}, 'cwd')).toBe('/b')
  })

  it('is undefined for what was not given', () => {
    expect(lastValue({}, 'cwd')).toBeUndefined()
    expect(lastValue({cwd: []}, 'cwd')).toBeUndefined()
  })
})

describe('isOn', () => {
  it.each([
    [{setsid: ['']}, true],
    [{}, false],
    [{setsid: ['', 'no']}, false],
    [{setsid: ['no', '']}, true],
  ])('takes the last word: %j is %s', (values, on) => {
    expect(isOn(values, 'setsid')).toBe(on)
  })
})

describe('wholeNumber', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['007', 7],
    ['100', 100],
  ])('reads "%s"', (text, number) => {
    expect(wholeNumber(text, 'uid', 100, {})).toBe(number)
  })

  it.each(['', '101', '-1', '+1', '1.0', '1e2', '0x10', ' 1', '1\n', '٣', '99999999999999999999'])(
    'refuses "%s"',
    text => {
      const advice = {why: 'why', next: 'next'}
      const message = expect.stringContaining('--uid wants a whole number')
      expect(() => wholeNumber(text, 'uid', 100, advice)).toThrow(
        expect.objectContaining({code: 'E_USAGE', message, ...advice}),
      )
    },
  )
})

describe('the options of a plan', () => {
  const all = [...identityOptions, ...environmentOptions, ...housekeepingOptions]

  it('have each name and each letter once', () => {
    const names = all.map(({name}) => name)
    const chars = all.flatMap(({char}) => char ?? [])
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(chars).size).toBe(chars.length)
  })

  it.each(all)('tell what --$name does in one line, without a full stop', ({summary}) => {
    expect(summary).toMatch(/^[a-z][^\n]*[^.\s]$/)
  })
})
