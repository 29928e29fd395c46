import {describe, expect, it} from 'vitest'
import {runCli} from '../helpers/run-cli.js'

const esc = String.fromCharCode(27)

describe('recommend without a terminal', () => {
  it('recommends and runs the program, in plain text', async () => {
    const {status, stdout, stderr} = await runCli(['recommend', '--', 'git', '--version'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/┏━+┓[\s\S]*Method {2}posix_spawn[\s\S]*Why\n[\s\S]*Watch out\n•[\s\S]*Command\n/)
    expect(stdout).toMatch(/ {2}spawnctl exec --method posix_spawn -- git --version\n\ngit version \d/)
    expect(stdout).not.toContain(esc)
    expect(stderr).toBe('')
  })

  it('keeps to 80 columns', async () => {
    const {stdout} = await runCli(['recommend'])
    expect(Math.max(...stdout.split('\n').map(line => [...line].length))).toBeLessThanOrEqual(80)
  })

  it('draws with ASCII where the locale is not UTF-8', async () => {
    const {stdout} = await runCli(['recommend'], {env: {LC_ALL: 'C'}})
    const picture = stdout.slice(0, stdout.indexOf('simple housekeeping? yes'))
    expect(picture).toContain('performance critical?')
    expect(picture).not.toMatch(/[┌│━▼]/)
  })

  it('gives the program its exit code back, and its flags are its own', async () => {
    expect(await runCli(['recommend', '--', 'sh', '-c', 'exit 7'])).toMatchObject({status: 7})
    const {stdout} = await runCli(['recommend', 'echo', '--json', '--help'])
    expect(stdout).toMatch(/^--json --help$/m)
  })

  it('hands on a pipe that blocks, as it was', async () => {
    const flags = 'import fcntl; print([bool(fcntl.fcntl(n, 3) & 2048) for n in (0, 1, 2)])'
    const {stdout} = await runCli(['recommend', '--', 'python3', '-c', flags], {input: ''})
    expect(stdout).toContain('[False, False, False]')
  })

  it.each([
    [['--umask', '027'], '--performance-critical or --no-performance-critical answers it'],
    [['--umask', '027', '--performance-critical'], '--posix or --no-posix answers it'],
    [['--bogus'], '--help lists the options'],
    [['--posixx'], 'did you mean --posix?'],
  ])('%j is refused with exit 2, which names what to type', async (words, next) => {
    const {status, stdout, stderr} = await runCli(['recommend', ...words])
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(`next: ${next}`)
  })

  it('colours when told to, and NO_COLOR wins', async () => {
    const coloured = await runCli(['recommend'], {env: {FORCE_COLOR: '1', NO_COLOR: ''}})
    expect(coloured.stdout).toContain(esc)
    const plain = await runCli(['recommend'], {env: {FORCE_COLOR: '1', NO_COLOR: '1'}})
    expect(plain.stdout).not.toContain(esc)
  })
})

describe('recommend --json', () => {
  it('prints the documented object and runs nothing', async () => {
    const {status, stdout} = await runCli(['recommend', '--json', '--', 'echo', 'ran'])
    expect(status).toBe(0)
    const result = JSON.parse(stdout)
    expect(Object.keys(result)).toEqual(['method', 'path', 'why', 'hazards', 'command'])
    expect(result).toMatchObject({
      method: 'posix_spawn',
      path: [{question: 'simple-housekeeping', answer: 'yes', source: 'derived'}],
      why: expect.any(String),
      hazards: expect.arrayContaining([expect.any(String)]),
      command: 'spawnctl exec --method posix_spawn -- echo ran',
    })
  })

  it('tells a missing answer as JSON, exit 2', async () => {
    const {status, stdout, stderr} = await runCli(['recommend', '--json', '--umask', '0'])
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'E_USAGE',
      exitCode: 2,
      next: expect.stringContaining('--performance-critical'),
    })
  })
})

describe('help', () => {
  it.each([[['exec', '--help']], [['exec', '-h']], [['help', 'exec']]])(
    '%j shows every option of exec',
    async words => {
      const {execOptions} = await import('../../dist/exec/options.js')
      const {status, stdout} = await runCli(words)
      expect(status).toBe(0)
      for (const {name} of execOptions) expect(stdout).toContain(`--${name}`)
    },
  )

  it('shows every option of recommend', async () => {
    const {recommendOptions} = await import('../../dist/recommend/options.js')
    const {stdout} = await runCli(['recommend', '--help'])
    for (const {name, negatable} of recommendOptions)
      expect(stdout).toContain(negatable ? `--[no-]${name}` : `--${name}`)
  })

  it('tells the version', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^spawnctl\/\d+\.\d+\.\d+ linux/)
  })

  it('refuses an unknown command', async () => {
    const {status, stderr} = await runCli(['frob'])
    expect(status).not.toBe(0)
    expect(stderr).toContain('frob')
  })
})

describe('on another system', () => {
  it('says that it is for Linux, once and clearly', async () => {
    const pretend = "data:text/javascript,Object.defineProperty(process,'platform',{value:'darwin'})"
    const {status, stderr} = await runCli(['exec', 'true'], {env: {NODE_OPTIONS: `--import=${pretend}`}})
    expect(status).toBe(1)
    expect(stderr).toMatch(/^spawnctl: Linux only\nwhy: .*\nnext: .*\n$/)
  })
})
