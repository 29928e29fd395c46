import {describe, expect, it} from 'vitest'
import {describeSignals, signalList, signalMask, signalName, signalNumber} from '../../src/plan/signals.js'

describe('signalNumber', () => {
  it.each([
    ['TERM', 15],
    ['SIGTERM', 15],
    ['term', 15],
    ['sigHup', 1],
    ['15', 15],
    ['1', 1],
    ['64', 64],
    ['34', 34],
    ['KILL', 9],
    ['RTMIN', 34],
    ['SIGRTMIN+1', 35],
    ['rtmax-2', 62],
    ['RTMAX', 64],
  ])('reads %s as %i', (text, number) => {
    expect(signalNumber(text)).toBe(number)
  })

  it.each([
    '',
    '0',
    '65',
    '-1',
    '1.5',
    'SIG',
    'TERMINATE',
    ' TERM',
    'toString',
    'RTMIN-1',
    'RTMAX+1',
    'RTMIN+31',
    'RT',
  ])('refuses "%s"', text => {
    expect(() => signalNumber(text)).toThrow(expect.objectContaining({code: 'E_USAGE', exitCode: 125}))
  })
})

describe('signalName', () => {
  it('gives back what signalNumber reads, for every signal', () => {
    for (let signal = 1; signal <= 64; signal++) expect(signalNumber(signalName(signal))).toBe(signal)
  })

  it('has no name for a real-time signal', () => {
    expect(signalName(34)).toBe('34')
    expect(signalName(15)).toBe('SIGTERM')
  })
})

describe('signalList', () => {
  it.each([
    ['none', []],
    ['TERM', [15]],
    ['TERM,HUP', [1, 15]],
    ['15,SIGTERM,term', [15]],
    ['64,1', [1, 64]],
  ])('reads "%s"', (text, numbers) => {
    expect(signalList(text)).toEqual(numbers)
  })

  it('has 64 signals in "all"', () => {
    const all = signalList('all')
    expect([all.length, all[0], all.at(-1)]).toEqual([64, 1, 64])
  })

  it.each(['TERM,', ',TERM', 'TERM,,HUP', 'TERM HUP', 'all,TERM'])('refuses "%s"', text => {
    expect(() => signalList(text)).toThrow('is no signal')
  })
})

describe('signalMask', () => {
  it('has bit n-1 for signal n, beyond 32 bits as well', () => {
    expect(signalMask([])).toBe(0n)
    expect(signalMask([1])).toBe(1n)
    expect(signalMask([15, 1])).toBe(0x4001n)
    expect(signalMask([33])).toBe(1n << 32n)
    expect(signalMask(signalList('all'))).toBe(2n ** 64n - 1n)
  })

  it('counts a signal once', () => {
    expect(signalMask([2, 2])).toBe(2n)
  })
})

describe('describeSignals', () => {
  it.each([
    [[], 'none'],
    [signalList('all'), 'all'],
    [[1, 15], 'SIGHUP,SIGTERM'],
    [[40], '40'],
  ])('says %j as a person would', (signals, text) => {
    expect(describeSignals(signals)).toBe(text)
  })
})
