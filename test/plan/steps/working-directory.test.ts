import {describe, expect, it} from 'vitest'
import {stepOf} from '../../helpers/plans.js'

describe('--cwd', () => {
  it.each(['/', '.', 'relative/path', ' ', '-'])('takes "%s" as it is', path => {
    expect(stepOf('chdir', {cwd: path})).toEqual({kind: 'chdir', path})
  })

  it('is no step when it is not given', () => {
    expect(stepOf('chdir', {})).toBeUndefined()
  })

  it('refuses an empty string, which a forgotten variable leaves', () => {
    expect(() => stepOf('chdir', {cwd: ''})).toThrow('--cwd wants a directory')
  })
})

describe('--umask', () => {
  it.each([
    ['0', 0],
    ['027', 0o27],
    ['27', 0o27],
    ['777', 0o777],
    ['0777', 0o777],
    ['0000', 0],
  ])('reads "%s" as octal', (text, mask) => {
    expect(stepOf('umask', {umask: text})?.mask).toBe(mask)
  })

  it.each(['', '8', '1000', '00027', '-1', '0o27', '0x1f', 'u=rwx', ' 27', '2 7'])('refuses "%s"', text => {
    expect(() => stepOf('umask', {umask: text})).toThrow(
      expect.objectContaining({code: 'E_USAGE', message: expect.stringContaining('octal number from 0 to 777')}),
    )
  })

  it('is no step when it is not given', () => {
    expect(stepOf('umask', {})).toBeUndefined()
  })
})
