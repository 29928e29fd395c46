import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {processesWith, runCli, startCli, until} from '../helpers/run-cli.js'

const mark = `SPAWNCTL_TEST=bench-${process.pid}`
const env = Object.fromEntries([mark.split('=')])
let directory: string
const path = (name: string) => join(directory, name)
const bench = (...words: string[]) => runCli(['bench', ...words], {env})

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
})
afterAll(() => rmSync(directory, {recursive: true}))
afterEach(() => until('the end of everything that was started', () => processesWith(mark).length === 0))

describe('spawnctl bench', () => {
  it('prints a table, and nothing else in a pipe', async () => {
    const {status, stdout, stderr} = await bench('--quick', '-n', '20', '--methods', 'fork,clone,node,library')
    expect(status).toBe(0)
    expect(stderr).toBe('')
    for (const row of ['fork', 'clone', 'node:child_process', 'spawnctl library'])
      expect(stdout).toMatch(new RegExp(`^${row} +[\\d.]+ `, 'm'))
    expect(stdout).not.toContain(String.fromCharCode(27))
  })

  it('measures every method, and names what really ran', async () => {
    const {stdout} = await bench(
      '-n',
      '3',
      '--warmup',
      '0',
      '--methods',
      'fork,vfork,posix_spawn,clone,clone-vm,zygote',
      '--json',
    )
    const {results, scenario, complete} = JSON.parse(stdout)
    expect(complete).toBe(true)
    expect(scenario).toMatchObject({program: '/bin/echo', args: [], iterations: 3, warmup: 0})
    const calls = results.map(({method, systemCall}: {method: string; systemCall: string}) => [method, systemCall])
    expect(calls).toEqual([
      ['fork', 'fork (libc)'],
      ['vfork', 'vfork (libc)'],
      ['posix_spawn', 'posix_spawn (libc)'],
      ['clone', expect.stringMatching(/^clone3?$/)],
      ['clone-vm', expect.stringMatching(/^clone3?$/)],
      ['zygote', 'clone (in the zygote)'],
    ])
  })

  it('writes every export, and they agree', async () => {
    const exports = ['json', 'csv', 'markdown', 'html'].flatMap(kind => [`--export-${kind}`, path(`out.${kind}`)])
    const {status} = await bench('-n', '30', '--methods', 'fork,clone', '--memory', '0,4M,8M', ...exports)
    expect(status).toBe(0)
    const result = JSON.parse(readFileSync(path('out.json'), 'utf8'))
    expect(result.results).toHaveLength(6)
    expect(result.fits).toHaveLength(4)
    expect(result.results[0].samplesNs.callerBlocked).toHaveLength(30)
    const p50 = result.results[0].callerBlockedNs.p50
    expect(readFileSync(path('out.csv'), 'utf8')).toContain(`,${p50},`)
    expect(readFileSync(path('out.markdown'), 'utf8')).toContain(`| ${(p50 / 1e3).toFixed(3)} |`)
    expect(readFileSync(path('out.html'), 'utf8')).toContain(`"p50":${p50}`)
    expect(readdirSync(directory).sort()).toEqual(['out.csv', 'out.html', 'out.json', 'out.markdown'])
  })

  it('gives every row the program’s arguments, by --program or after the options', async () => {
    const script = `printf '%s|' "$0" "$@" >> ${path('words')}`
    const words = ['-c', script, 'name', 'two words']
    await bench('-n', '1', '--warmup', '0', '--methods', 'clone', '--', 'sh', ...words)
    expect(readFileSync(path('words'), 'utf8')).toBe('name|two words|'.repeat(2))
    const {status} = await bench('-n', '1', '--methods', 'clone', '--program', `sh -c "exit 0"`)
    expect(status).toBe(0)
  })

  it('prints the article’s own lines with --parity', async () => {
    const {stdout} = await bench('-n', '5', '--methods', 'fork,clone', '--parity')
    expect(stdout).toMatch(
      /^ran fork \+ execve \+ wait 5 times in [\d.]+m?s \(avg\. [\d.]+[mµ]s \/ iteration\)\nran clone\(CLONE_VM \| CLONE_VFORK\)/,
    )
  })

  it('repeats an order by its seed', async () => {
    const run = async () => JSON.parse((await bench('-n', '1', '--methods', 'clone', '--json', '--seed', '7')).stdout)
    expect((await run()).scenario.seed).toBe(7)
  })

  it.each([
    [['--methods', 'frok'], /--methods does not know "frok"/],
    [['--memory', '64Q'], /--memory wants sizes/],
    [['--memory', '100T'], /there is not that much memory/],
    [['-n', '0'], /--iterations wants a whole number from 1/],
    [['--program', '/no/such/program'], /there is no program/],
    [['--program', ''], /there is no program/],
    [['--peers', 'cobol'], /--peers does not know "cobol"/],
    [['--export-json', '/no/such/directory/x'], /ENOENT/],
    [['--export-html', '/'], /EISDIR/],
    [['--mappings', '999999999'], /--mappings/],
    [['--program', 'true', '--', 'true'], /given twice/],
    [['--bogus'], /unknown option --bogus/],
  ])('%j is refused at once, with exit 2 and what to type', async (words, message) => {
    const {status, stdout, stderr} = await bench(...words)
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^next: ./m)
    expect({status, stdout}).toEqual({status: 2, stdout: ''})
  })

  it.each([
    [['false'], /the program \/\S+\/false ended with exit code 1/],
    [['sh', '-c', 'kill -SEGV $$'], /was killed by SIGSEGV/],
  ])('a program that fails, %j, is found before anything is measured', async (program, message) => {
    const {status, stderr} = await bench('--export-json', path('never'), '--', ...program)
    expect(stderr).toMatch(message)
    expect(status).toBe(1)
    expect(readdirSync(directory)).not.toContain('never')
  })

  it('tells an error as JSON where JSON is asked for', async () => {
    const {status, stderr} = await bench('--json', '--methods', 'frok')
    expect(JSON.parse(stderr).error).toMatchObject({code: 'E_USAGE', exitCode: 2})
    expect(status).toBe(2)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with what was measured so far: exit %d', async (signal, code) => {
    const words = ['bench', '--methods', 'clone', '-n', '1000000', '--export-json', path('partial'), '--', 'true']
    const running = startCli(words, {env})
    await until('the measuring', () => processesWith(mark).length > 1)
    await new Promise(resolve => setTimeout(resolve, 1500))
    running.process.kill(signal)
    const {status, stdout} = await running.ended
    expect(status).toBe(code)
    expect(stdout).toMatch(/The measurement was interrupted/)
    const {complete, results} = JSON.parse(readFileSync(path('partial'), 'utf8'))
    expect(complete).toBe(false)
    expect(results[0].iterations).toBeGreaterThan(0)
  })

  it('leaves nothing behind when it is killed', async () => {
    const running = startCli(['bench', '--methods', 'clone,node', '-n', '1000000', '--', 'sleep', '0.01'], {env})
    await until('the measuring', () => processesWith(mark).length > 3)
    running.process.kill('SIGKILL')
    await running.ended
    // afterEach sees that everything is gone
  })
})

describe('spawnctl bench compare', () => {
  it('tells two runs of different ballast apart', async () => {
    const measure = (file: string, memory: string) =>
      bench('-n', '60', '--methods', 'fork', '--memory', memory, '--export-json', path(file), '--', 'true')
    await measure('small.json', '0')
    await measure('large.json', '256M')
    const {status, stdout} = await runCli(['bench', 'compare', path('small.json'), path('large.json')])
    expect(status).toBe(0)
    expect(stdout.match(/^fork .* slower$/gm)).toHaveLength(2)
    const {stdout: json} = await runCli(['bench', 'compare', '--json', path('small.json'), path('large.json')])
    const [blocked] = JSON.parse(json).differences
    expect(blocked).toMatchObject({row: 'fork', time: 'callerBlocked', verdict: 'slower'})
    expect(blocked.ci95[0]).toBeGreaterThan(2)
  })

  it.each([
    [[], 2, /wants two files or more/],
    [['/no/such.json', '/no/other.json'], 1, /cannot read \/no\/such.json/],
    [['--bogus', 'a', 'b'], 2, /unknown option --bogus/],
  ])('%j is refused with exit %d', async (words, code, message) => {
    const {status, stderr} = await runCli(['bench', 'compare', ...words])
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^next: ./m)
    expect(status).toBe(code)
  })

  it('refuses a file of something else', async () => {
    writeFileSync(path('other.json'), '{"a": 1}')
    const {status, stderr} = await runCli(['bench', 'compare', path('other.json'), path('other.json')])
    expect(stderr).toContain('holds no result of spawnctl bench')
    expect(status).toBe(1)
  })
})
