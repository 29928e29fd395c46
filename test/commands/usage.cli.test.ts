import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {runCli} from '../helpers/run-cli.js'

const [options, commands] = ['--help lists the options', '--help lists the commands']
const noCommand = `begin with a command; ${commands}`

/** Words that cannot be understood, what is said of them, and what to type next. */
const refused: readonly [words: readonly string[], message: string, next: string][] = [
  [['frob'], 'unknown command frob', commands],
  [['frob', '--help'], 'unknown command frob', commands],
  [['help', 'frob'], 'unknown command frob', commands],
  [[''], 'unknown command ""', commands],
  [['doctr'], 'unknown command doctr', 'did you mean doctor?'],
  [['--bogus'], 'unknown option --bogus', noCommand],
  [['--bogus=3', 'doctor'], 'unknown option --bogus', noCommand],
  [['doctor', '--bogus'], 'unknown option --bogus', options],
  [['doctor', '-x'], 'unknown option -x', options],
  [['doctor', '--verbos'], 'unknown option --verbos', 'did you mean --verbose?'],
  [['doctor', '--verbose=1'], '--verbose takes no value', '--verbose'],
  [['doctor', 'frob'], 'doctor takes no argument: frob', 'spawnctl doctor [options]'],
  [['recommend', '--bogus'], 'unknown option --bogus', options],
  [['bench', '--bogus'], 'unknown option --bogus', options],
  [['bench', 'compare', '--bogus'], 'unknown option --bogus', options],
]

describe('a line that cannot be understood', () => {
  it.each(refused)('is refused in words of our own: %j', async (words, message, next) => {
    expect(await runCli(words)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `spawnctl: ${message}\nnext: ${next}\n`,
    })
  })

  it.each(refused)('is refused as JSON when that is asked for: %j', async (words, message, next) => {
    const {status, stdout, stderr} = await runCli([...words, '--json'])
    expect({status, stdout}).toEqual({status: 2, stdout: ''})
    expect(JSON.parse(stderr)).toEqual({error: {code: 'E_USAGE', message, next, exitCode: 2}})
  })

  it('is refused as text when it is a program that is asked for JSON', async () => {
    expect((await runCli(['frob', '--', 'true', '--json'])).stderr).toMatch(/^spawnctl: unknown command frob\n/)
  })
})

describe('what lies where oclif keeps plugins', () => {
  const data = mkdtempSync(join(tmpdir(), 'spawnctl-data-'))
  afterAll(() => rmSync(data, {recursive: true, force: true}))

  it('is not read, so that nothing is said of it', async () => {
    mkdirSync(join(data, 'spawnctl'))
    writeFileSync(join(data, 'spawnctl/package.json'), 'not JSON')
    expect(await runCli(['--version'], {env: {XDG_DATA_HOME: data}})).toMatchObject({status: 0, stderr: ''})
  })
})
