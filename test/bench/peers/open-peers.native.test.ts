import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {openPeers} from '../../../dist/bench/peers/open-peers.js'
import {benchProgram} from '../../../dist/bench/program.js'
import {languages} from '../../../src/bench/peers/languages.js'

const {PATH, XDG_CACHE_HOME} = process.env
const program = benchProgram(['/bin/true'])
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spawnctl-peers-'))
  mkdirSync(join(directory, 'bin'))
  process.env.PATH = join(directory, 'bin')
  process.env.XDG_CACHE_HOME = join(directory, 'cache')
})

afterEach(() => {
  process.env.PATH = PATH
  if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME
  else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME
  rmSync(directory, {recursive: true})
})

function tool(name: string, lines: readonly string[]): void {
  writeFileSync(join(directory, 'bin', name), ['#!/bin/sh', 'PATH=/usr/bin:/bin', ...lines, ''].join('\n'), {
    mode: 0o755,
  })
}

/** A compiler whose programs are ready and do nothing; every compilation is a line of "compilations". */
function fakeCompiler(name: 'rustc' | 'go', version: string): void {
  tool(name, [
    `case $1 in *version) echo "${version}"; exit;; esac`,
    `echo "$@" >>${directory}/compilations`,
    'while [ "$1" != -o ]; do shift; done',
    'printf "#!/bin/sh\\necho ready 1\\nwhile read line; do :; done\\n" >"$2"',
    'chmod +x "$2"',
  ])
}

function compilations(): number {
  return readFileSync(join(directory, 'compilations'), 'utf8').trim().split('\n').length
}

async function opened(names: readonly string[]) {
  const {runners, leftOut} = await openPeers(names, program)
  const rows = runners.flatMap(runner => runner.rows)
  await Promise.all(runners.map(runner => runner.close()))
  return {rows, leftOut}
}

describe('the peers', () => {
  it('are missed by name, with what installs them', async () => {
    const {rows, leftOut} = await opened(Object.keys(languages))
    expect(rows).toEqual([])
    expect(leftOut).toEqual(
      Object.entries(languages).map(([name, {tool, install}]) => ({
        code: 'left-out',
        message: `${name}: not measured: ${tool} is not installed.`,
        next: install,
      })),
    )
    expect(leftOut.find(({message}) => message.startsWith('go:'))?.next).toBe('apt-get install golang')
  })

  it('are left out one by one', async () => {
    fakeCompiler('rustc', 'rustc 1.0.0')
    const {rows, leftOut} = await opened(['go', 'rust'])
    expect(rows).toEqual(['rust'])
    expect(leftOut).toHaveLength(1)
  })

  it.each(['rustc', 'python3', 'perl'])('are left out where %s is there and does not run', async broken => {
    tool(broken, ['echo "no version is chosen" >&2', 'exit 1'])
    const [name] = Object.entries(languages).find(([, {tool}]) => tool === broken)!
    const {leftOut} = await opened([name])
    const where = join(directory, 'bin', broken)
    expect(leftOut).toEqual([
      {
        code: 'left-out',
        message: `${name}: not measured: ${where} does not run: no version is chosen.`,
        next: `${where} --version`,
      },
    ])
  })

  it.each(['cobol', 'Rust', '', 'constructor'])('do not know "%s"', async name => {
    fakeCompiler('rustc', 'rustc 1.0.0')
    await expect(openPeers(['rust', name], program)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: `--peers does not know "${name}"`,
      next: 'some of rust,python3,go,perl,ruby',
    })
    expect(readdirSync(directory)).toEqual(['bin'])
  })
})

describe('a program of a peer', () => {
  it('is compiled once for each version of the compiler', async () => {
    fakeCompiler('rustc', 'rustc 1.0.0 (one)')
    for (let i = 0; i < 3; i++) await opened(['rust'])
    expect(compilations()).toBe(1)
    fakeCompiler('rustc', 'rustc 1.0.0 (two)')
    for (let i = 0; i < 2; i++) await opened(['rust'])
    expect(compilations()).toBe(2)
    expect(readdirSync(join(directory, 'cache/spawnctl/peers'))).toHaveLength(2)
  })

  it('is compiled again where the cache has lost it', async () => {
    fakeCompiler('go', 'go version go1.0')
    await opened(['go'])
    const cache = join(directory, 'cache/spawnctl/peers')
    rmSync(join(cache, readdirSync(cache)[0]!, 'go'))
    expect((await opened(['go'])).rows).toEqual(['go'])
    expect(compilations()).toBe(2)
  })

  it('is one for all who compile it at the same time', async () => {
    fakeCompiler('rustc', 'rustc 1.0.0')
    const all = await Promise.all([1, 2, 3, 4].map(() => opened(['rust'])))
    expect(all.map(({rows}) => rows)).toEqual(all.map(() => ['rust']))
    const cache = join(directory, 'cache/spawnctl/peers')
    expect(readdirSync(cache, {recursive: true})).toEqual([
      expect.stringMatching(/^\w{16}$/),
      expect.stringMatching(/^\w{16}\/rust$/),
    ])
  })

  it('that does not compile is an error with the compiler’s words, and leaves nothing', async () => {
    fakeCompiler('go', 'go version go1.0')
    tool('rustc', [
      '[ "$1" = --version ] && echo rustc 1.0.0 && exit',
      'echo "error: edition 2021 is unknown" >&2; exit 1',
    ])
    await expect(openPeers(['go', 'rust'], program)).rejects.toMatchObject({
      code: 'E_BENCH_PEER',
      message: 'the rust program does not compile',
      why: expect.stringContaining('rustc says: error: edition 2021 is unknown'),
      next: expect.stringContaining('leave rust out of --peers'),
    })
    const cache = readdirSync(join(directory, 'cache/spawnctl/peers'), {recursive: true})
    expect(cache.filter(path => path.toString().includes('rust'))).toEqual([])
    expect(cache).toHaveLength(2)
  })

  it('that cannot be kept is an error that names the place', async () => {
    fakeCompiler('rustc', 'rustc 1.0.0')
    writeFileSync(join(directory, 'cache'), 'a file')
    await expect(openPeers(['rust'], program)).rejects.toMatchObject({
      code: 'E_BENCH_PEER',
      message: 'the rust program cannot be put into the cache',
      next: expect.stringContaining(join(directory, 'cache/spawnctl/peers')),
    })
  })
})
