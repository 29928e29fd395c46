import {describe, expect, it} from 'vitest'
import {PlanError, SpawnError} from '../../src/errors.js'
import {nodeErrno} from '../../src/process/node-errno.js'

function failed(errno?: string): SpawnError {
  return new SpawnError('E', '', {stage: 'exec', method: 'clone', ...(errno !== undefined && {errno})}, {}, 1)
}

describe('the errno that Node is told', () => {
  it.each([
    ['the system call’s own', failed('ENOENT'), -2],
    ['the system call’s own', failed('EACCES'), -13],
    ['one without a name', failed('errno 524'), -524],
    ['EIO where there was none', failed(), -5],
    ['ENOENT for a program without a name', new PlanError('E_FILE', ''), -2],
    ['that of a file that could not be opened', Object.assign(new PlanError('E_OPEN', ''), {cause: {errno: -24}}), -24],
    ['EINVAL for what no child can be', new PlanError('E_NUL', ''), -22],
  ])('is %s', (_, error, expected) => {
    expect(nodeErrno(error)).toBe(expected)
  })

  it('does not hide a mistake of the program', () => {
    expect(() => nodeErrno(new TypeError('mistake'))).toThrow('mistake')
  })
})
