import {closeSync, openSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {runCli} from '../helpers/run-cli.js'

describe.concurrent('standard output that is full', () => {
  it.each([
    ['doctor'],
    ['doctor --json'],
    ['--help'],
    ['bench --help'],
    ['exec --help'],
    ['recommend --umask 022 --posix --performance-critical'],
  ])('makes the command fail, and says so: %s', async line => {
    const full = openSync('/dev/full', 'w')
    const {status, stderr} = await runCli(line.split(' '), {stdio: ['ignore', full, 'pipe']})
    closeSync(full)
    expect(stderr).toMatch(/^spawnctl: standard output could not be written \(ENOSPC\)\nwhy: {2}.*\nnext: df -h .*\n$/)
    expect(status).toBe(1)
  })

  it('is told from one that is not open for writing', async () => {
    const readable = openSync('/dev/null', 'r')
    const {stderr} = await runCli(['exec', '--dry-run', 'true'], {stdio: ['ignore', readable, 'pipe']})
    closeSync(readable)
    expect(stderr).toMatch(/\(EBADF\)\nwhy: {2}.*\nnext: ls -l \/proc\/self\/fd\/1: /)
  })

  it.each([['--posix'], [`--posix --pid ${process.pid}`]])('is told as JSON by recommend --json %s', async options => {
    const full = openSync('/dev/full', 'w')
    const words = ['recommend', '--json', ...options.split(' ')]
    const {status, stderr} = await runCli(words, {stdio: ['ignore', full, 'pipe']})
    closeSync(full)
    expect(JSON.parse(stderr)).toMatchObject({error: {code: 'E_OUTPUT', exitCode: 1}})
    expect(status).toBe(1)
  })
})
