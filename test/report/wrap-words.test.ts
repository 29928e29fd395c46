import {describe, expect, it} from 'vitest'
import {hangingLines, wrapWords} from '../../src/report/wrap-words.js'

describe('wrapWords', () => {
  it('breaks between words, and leaves one whole that is longer than a line', () => {
    expect(wrapWords('a word /as/long/as/can/be and more', 10)).toEqual(['a word', '/as/long/as/can/be', 'and more'])
  })
})

describe('hangingLines', () => {
  it('is one line where lines have no end', () => {
    expect(hangingLines('why:  ', 'word '.repeat(99), undefined)).toEqual([`why:  ${'word '.repeat(99)}`])
  })

  it('goes on under the text', () => {
    expect(hangingLines('why:  ', 'the kernel is of another opinion', 26)).toEqual([
      'why:  the kernel is of',
      '      another opinion',
    ])
  })

  it.each([
    [
      'leaves a command whole that fits on a line of its own',
      'sudo; or in a delegated one: systemd-run --user --scope spawnctl exec …; spawnctl doctor tells more',
      ['sudo; or in a delegated one:', 'systemd-run --user --scope spawnctl exec …;', 'spawnctl doctor tells more'],
    ],
    [
      'breaks a command that does not',
      'run it: spawnctl exec --unshare user,mount --map-root-user --mount-proc',
      ['run it: spawnctl exec --unshare user,mount', '--map-root-user --mount-proc'],
    ],
    ['does not break what fits', 'ulimit -n; raise it: ulimit -n 4096', ['ulimit -n; raise it: ulimit -n 4096']],
  ])('%s', (_, text, [first, ...others]) => {
    expect(hangingLines('next: ', text, 52, 'clauses')).toEqual([
      `next: ${first}`,
      ...others.map(line => `      ${line}`),
    ])
  })

  it('has room for a word or two where the terminal has none', () => {
    expect(hangingLines('spawnctl: ', 'no program given', 1)).toEqual(['spawnctl: no program given'])
  })
})
