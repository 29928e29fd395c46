import {describe, expect, it} from 'vitest'
import {readArgv0, readEnvironment, variable} from '../../src/plan/environment.js'
import {options} from '../helpers/plans.js'

const inherited = ['PATH=/bin', 'HOME=/root', 'EMPTY=', 'A=1=2']
const read = (given: Parameters<typeof options>[0], from: Parameters<typeof readEnvironment>[1] = inherited) =>
  readEnvironment(options(given), from)

describe('readEnvironment', () => {
  it('is the caller’s, entry for entry, when no option speaks of it', () => {
    expect(read({})).toEqual(inherited)
  })

  it.each([
    ['sets a new variable at the end', {env: ['NEW=1']}, [...inherited, 'NEW=1']],
    ['replaces one that is there', {env: ['HOME=/']}, ['PATH=/bin', 'EMPTY=', 'A=1=2', 'HOME=/']],
    ['sets an empty value', {env: ['HOME=']}, ['PATH=/bin', 'EMPTY=', 'A=1=2', 'HOME=']],
    ['cuts a name at the first equals sign', {env: ['HOME=a=b']}, ['PATH=/bin', 'EMPTY=', 'A=1=2', 'HOME=a=b']],
    ['takes the last value of a name', {env: ['X=1', 'Y=2', 'X=3']}, [...inherited, 'X=3', 'Y=2']],
    ['removes', {'unset-env': ['HOME', 'EMPTY']}, ['PATH=/bin', 'A=1=2']],
    ['forgives the removal of what is not there', {'unset-env': ['NOTHING']}, inherited],
    ['does not take a part of a name for the name', {'unset-env': ['HOM', 'PAT', 'PATH2']}, inherited],
    [
      'sets what is removed as well',
      {'unset-env': ['HOME'], env: ['HOME=/']},
      ['PATH=/bin', 'EMPTY=', 'A=1=2', 'HOME=/'],
    ],
    ['clears', {'clear-env': true}, []],
    ['clears and sets, whatever the order', {env: ['X=1'], 'clear-env': true}, ['X=1']],
    ['keeps a newline in a value', {env: ['X=a\nb']}, [...inherited, 'X=a\nb']],
  ] as const)('%s', (_, given, entries) => {
    expect(read(given)).toEqual(entries)
  })

  it('keeps bytes that are no UTF-8', () => {
    const entry = Uint8Array.of(0x58, 0x3d, 0xff, 0xfe)
    expect(read({env: ['Y=1']}, [entry])).toEqual([entry, 'Y=1'])
  })

  it('removes and replaces among bytes by name', () => {
    const entry = Uint8Array.of(0x58, 0x3d, 0xff)
    expect(read({'unset-env': ['X']}, [entry])).toEqual([])
    expect(read({env: ['X=1']}, [entry])).toEqual(['X=1'])
  })

  it('finds a name beyond ASCII in the caller’s bytes', () => {
    expect(read({'unset-env': ['GRÜSSE']}, [Buffer.from('GRÜSSE=1'), 'GRUSSE=2'])).toEqual(['GRUSSE=2'])
  })

  it('keeps odd entries of the caller: without "=", beginning with it, given twice', () => {
    const odd = ['noequals', '=C:=x', 'TWICE=1', 'TWICE=2']
    expect(read({}, odd)).toEqual(odd)
    expect(read({'unset-env': ['TWICE', 'noequals']}, odd)).toEqual(['=C:=x'])
  })

  it.each([
    ['', '--env NAME=value, or --unset-env NAME to remove it'],
    ['A', '--env A=value, or --unset-env A to remove it'],
    ['two words', "--env 'two words=value', or --unset-env 'two words' to remove it"],
    ['=B', '--env NAME=B'],
    ['==B', '--env NAME==B'],
  ])('refuses --env "%s" and shows what can be typed', (entry, next) => {
    const error = expect.objectContaining({code: 'E_USAGE', message: expect.stringContaining('wants K=V'), next})
    expect(() => read({env: [entry]})).toThrow(error)
  })

  it.each([
    ['', '--unset-env NAME'],
    ['A=1', '--unset-env A'],
    ['=', '--unset-env NAME'],
  ])('refuses --unset-env "%s" and shows what can be typed', (name, next) => {
    expect(() => read({'unset-env': [name]})).toThrow(expect.objectContaining({code: 'E_USAGE', next}))
  })
})

describe('variable', () => {
  it.each([
    ['PATH', '/bin'],
    ['EMPTY', ''],
    ['A', '1=2'],
    ['NOTHING', undefined],
    ['PAT', undefined],
  ])('finds the value of %s', (name, value) => {
    expect(variable(inherited, name)).toBe(value)
  })

  it('takes the first of two, as getenv does', () => {
    expect(variable(['X=1', 'X=2'], 'X')).toBe('1')
  })

  it('reads bytes', () => {
    expect(variable([Buffer.from('X=grün')], 'X')).toBe('grün')
  })
})

describe('readArgv0', () => {
  it('is the last that was given, and may be empty', () => {
    expect(readArgv0(options({argv0: ['a', '-sh']}))).toBe('-sh')
    expect(readArgv0(options({argv0: ''}))).toBe('')
    expect(readArgv0({})).toBeUndefined()
  })
})
