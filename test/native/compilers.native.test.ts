import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {build} from '../../dist/native/build.js'

const compilers = [
  {compiler: 'gcc', nm: 'nm'},
  {compiler: 'clang', nm: 'nm'},
  {compiler: 'aarch64-linux-gnu-gcc', nm: 'aarch64-linux-gnu-nm'},
]
const directory = mkdtempSync(join(tmpdir(), 'spawnctl-build-'))
afterAll(() => rmSync(directory, {recursive: true}))

function undefinedSymbols(nm: string, file: string): readonly string[] {
  const {stdout, status} = spawnSync(nm, ['-u', file], {encoding: 'utf8'})
  expect(status).toBe(0)
  return stdout.split('\n').filter(line => line !== '')
}

describe.each(compilers)('built by $compiler', ({compiler, nm}) => {
  const missing = spawnSync(compiler, ['--version']).status !== 0
  if (missing) console.warn(`# skipped: ${compiler} is not installed`)
  const target = join(directory, compiler)

  it.skipIf(missing)(`compiles without a warning, and its child calls nothing # needs ${compiler}`, () => {
    build(compiler, target)
    expect(undefinedSymbols(nm, join(target, 'objects', 'child.c.o'))).toEqual([])
    expect(undefinedSymbols(nm, join(target, 'spawnctl-zygote'))).toEqual([])
    const outside = undefinedSymbols(nm, join(target, 'libspawnctl.so')).map(line => line.trim().split(' ').at(-1))
    expect(outside).toContain('fork')
    expect(outside.filter(name => /^__(?!errno_location|stack_chk_guard)/.test(name ?? ''))).toEqual([])
  })
})

describe('without a compiler', () => {
  it('says once and clearly what to install', () => {
    const script = join(import.meta.dirname, '../../dist/native/build.js')
    const {status, stderr} = spawnSync(process.execPath, [script], {
      env: {...process.env, CC: '/nowhere/cc'},
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /no C compiler found[\s\S]*apt install build-essential[\s\S]*dnf install gcc[\s\S]*apk add build-base/,
    )
    expect(stderr).not.toContain('    at ')
  })
})
