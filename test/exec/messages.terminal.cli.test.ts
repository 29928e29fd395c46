import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {hasTmux, Terminal} from '../helpers/terminal.js'

const columns = 60

describe.skipIf(!hasTmux)('what exec says at a terminal # needs tmux', () => {
  let terminal: Terminal

  beforeEach(async () => {
    terminal = await Terminal.open()
    await terminal.resize(columns, 30)
  })

  afterEach(() => terminal.close())

  it('is broken at words when it is an error, a command left whole', async () => {
    expect(await terminal.answer('PATH=/no/such/directory x no-such-program')).toBe(
      [
        'spawnctl: no-such-program: not found in PATH',
        'why:  PATH of the program is /no/such/directory',
        'next: check the spelling, give a path,',
        '      or set another PATH with --env PATH=…',
        '',
      ].join('\n'),
    )
  })

  it('is broken at words with --verbose, under the text', async () => {
    const said = await terminal.answer('x --verbose --umask 027 true')
    expect(said).toMatch(/^spawnctl: method clone: posix_spawn .*\n {10}\S.*\n/)
    expect(said.split('\n').filter(line => line.length > columns)).toEqual([])
  })

  it('is one line each where standard error is a pipe', async () => {
    const said = await terminal.answer('x no-such-program 2>&1 | cat')
    expect(said).toMatch(
      /^spawnctl: .*\nwhy: {2}.*\nnext: check the spelling, give a path, or set another PATH with --env PATH=…\n$/,
    )
  })
})
