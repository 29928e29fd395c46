import {spawnSync} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {shellPath, shellWords} from '../../src/plan/shell-words.js'

const words = ['plain-1.0', 'two words', "it's", '$HOME `x` \\', '', 'a\nb\tc', "\x1b[31m'\\n", '\u009b1m é', '\x7f']

describe('shellWords', () => {
  it.each(words)('is read back by bash as it was: %j', word => {
    const {stdout} = spawnSync('bash', ['-c', `printf %s ${shellWords([word])}`], {
      encoding: 'utf8',
      env: {...process.env, LC_ALL: 'C.UTF-8'},
    })
    expect(stdout).toBe(word)
  })

  it.each(words)('has nothing that a terminal would obey: %j', word => {
    expect(shellWords([word])).not.toMatch(/\p{Cc}/u)
  })
})

describe('shellPath', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['-rf', './-rf'],
    ['a -b', "'a -b'"],
    ['', "''"],
  ])('%j is %s to a command', (path, word) => {
    expect(shellPath(path)).toBe(word)
  })
})
