import {homedir} from 'node:os'
import {fileURLToPath} from 'node:url'
import {afterEach, describe, expect, it, vi} from 'vitest'
import {cacheDirectory} from '../../src/bench/cache-directory.js'
import {compile} from '../../src/bench/peers/compile.js'

vi.mock(import('node:os'), async original => ({...(await original()), homedir: vi.fn()}))

const noEntry = () => {
  throw new Error('uv_os_homedir returned ENOENT (no such file or directory)')
}

afterEach(() => vi.unstubAllEnvs())

describe('the directory of what is kept', () => {
  it.each([
    ['/cache', () => '/home/me', '/cache/spawnctl'],
    ['relative', () => '/home/me', '/home/me/.cache/spawnctl'],
    ['', () => '/home/me', '/home/me/.cache/spawnctl'],
    ['', () => 'relative', undefined],
    ['', () => '', undefined],
    ['', noEntry, undefined],
    ['/cache', noEntry, '/cache/spawnctl'],
  ])('with an XDG_CACHE_HOME of "%s" and a home of %s is %s', (given, home, directory) => {
    vi.stubEnv('XDG_CACHE_HOME', given)
    vi.mocked(homedir).mockImplementation(home)
    expect(cacheDirectory()).toBe(directory)
  })

  it('has to be named before a peer is compiled where there is none', async () => {
    vi.stubEnv('XDG_CACHE_HOME', '')
    vi.mocked(homedir).mockImplementation(noEntry)
    const translation = {kind: 'compiled', version: [], arguments: () => []} as const
    const source = fileURLToPath(import.meta.url)
    await expect(compile({name: 'rust', source, compiler: 'rustc', version: '1', translation})).rejects.toMatchObject({
      code: 'E_BENCH_PEER',
      why: expect.stringContaining('no home directory'),
      next: expect.stringMatching(/^set XDG_CACHE_HOME to a directory that this user may write to; or .*--peers$/),
    })
  })
})
