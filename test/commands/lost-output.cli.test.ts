import {closeSync, mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {runCli, runShell} from '../helpers/run-cli.js'

const directory = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
const result = join(directory, 'result.json')
beforeAll(() => runCli(['bench', '-n', '1', '--methods', 'fork', '--export-json', result]))
afterAll(() => rmSync(directory, {recursive: true}))

/** Unlike /dev/full it takes an empty write, as does a file on a disk that is full. */
const limited = 'exec prlimit --fsize=1:1 "$NODE" "$CLI" "$@" >"$OUTPUT"'

describe.concurrent('a file that may not grow', () => {
  it.each([
    ['doctor'],
    ['doctor --json'],
    ['recommend --posix'],
    ['recommend --json --posix'],
    [`bench compare ${result} ${result}`],
  ])('makes the command fail, and says so: %s', async line => {
    const OUTPUT = join(mkdtempSync(join(directory, 'output-')), 'file')
    const {status, stderr} = await runShell(limited, line.split(' '), {env: {OUTPUT}})
    expect(stderr).toContain('standard output could not be written (EFBIG)')
    expect(status).toBe(1)
  })

  it('is as good as any where a program is run after it', async () => {
    const OUTPUT = join(mkdtempSync(join(directory, 'output-')), 'file')
    const words = ['recommend', '--posix', '--', 'sh', '-c', 'echo ran >&2; exit 7']
    expect(await runShell(limited, words, {env: {OUTPUT}})).toMatchObject({status: 7, stderr: 'ran\n'})
    expect(readFileSync(OUTPUT, 'utf8')).toHaveLength(1)
  })
})

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
