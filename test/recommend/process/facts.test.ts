import {spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {processFacts} from '../../../src/recommend/process/facts.js'

const KiB = 1024
const MiB = 2 ** 20

function mapping(fields: Readonly<Record<string, number>>, flags = 'rd wr mr mw me ac'): string {
  const lines = Object.entries({Size: 4, ...fields}).map(([name, kB]) => `${name}:${String(kB).padStart(15)} kB`)
  return ['7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ', ...lines, 'THPeligible:    0', `VmFlags: ${flags} `].join(
    '\n',
  )
}

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
})
afterEach(() => rmSync(root, {recursive: true}))

function facts(mappings: readonly string[], status = 'Name:\tserver\nThreads:\t3\n') {
  mkdirSync(join(root, '7'))
  writeFileSync(join(root, '7/status'), status)
  writeFileSync(join(root, '7/smaps'), `${mappings.join('\n')}\n`)
  return processFacts(7, root)
}

describe('what fork would copy of a process', () => {
  it.each([
    ['its own pages', mapping({Rss: 100, Anonymous: 100}), {copiedBytes: 100 * KiB}],
    ['the pages of a file where it has changed some', mapping({Rss: 100, Anonymous: 4}), {copiedBytes: 100 * KiB}],
    ['what is swapped out', mapping({Rss: 0, Anonymous: 0, Swap: 64}), {copiedBytes: 64 * KiB}],
    ['not what is merely a file’s', mapping({Rss: 100, Anonymous: 0}), {copiedBytes: 0, residentBytes: 100 * KiB}],
    ['not what is merely mapped', mapping({Rss: 0, Anonymous: 0}), {copiedBytes: 0, mappings: 1}],
    [
      'huge pages apart',
      mapping({Rss: 6144, Anonymous: 6144, AnonHugePages: 4096}),
      {copiedBytes: 2048 * KiB, copiedHugeBytes: 4096 * KiB},
    ],
    [
      'not what MADV_DONTFORK keeps',
      mapping({Rss: 100, Anonymous: 100}, 'rd wr dc ac'),
      {copiedBytes: 0, keptBytes: 100 * KiB},
    ],
    [
      'not what MADV_WIPEONFORK keeps',
      mapping({Rss: 100, Anonymous: 100}, 'rd wr wf ac'),
      {copiedBytes: 0, keptBytes: 100 * KiB},
    ],
  ])('is %s', (_, text, expected) => {
    expect(facts([text])).toMatchObject(expected)
  })

  it('is the sum over its mappings', () => {
    const texts = [
      mapping({Rss: 100, Anonymous: 100}),
      mapping({Rss: 20, Anonymous: 0}),
      mapping({Rss: 8, Anonymous: 4}),
    ]
    expect(facts(texts)).toEqual({
      pid: 7,
      name: 'server',
      threads: 3,
      residentBytes: 128 * KiB,
      copiedBytes: 108 * KiB,
      copiedHugeBytes: 0,
      keptBytes: 0,
      mappings: 3,
    })
  })

  it('is nothing that can be told of a thread of the kernel', () => {
    expect(() => facts([])).toThrow(/no memory of its own/)
  })

  it('cannot be told of a process that is not there', () => {
    expect(() => processFacts(2 ** 22 - 1)).toThrow(/there is no such process/)
  })

  it('is seen in a real process, which grows by what it touches', async () => {
    const script = `import mmap, sys
kept = mmap.mmap(-1, 32 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS); kept.madvise(mmap.MADV_DONTFORK)
held = mmap.mmap(-1, 64 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS); held.madvise(mmap.MADV_NOHUGEPAGE)
for m in (kept, held):
  for at in range(0, len(m), 4096): m[at] = 1
print('ready', flush=True); sys.stdin.read()`
    const child = spawn('python3', ['-c', script], {stdio: ['pipe', 'pipe', 'inherit']})
    await new Promise(resolve => child.stdout.once('data', resolve))
    const seen = processFacts(child.pid as number)
    child.stdin.end()
    expect(seen).toMatchObject({name: 'python3', threads: 1, keptBytes: 32 * MiB})
    expect(seen.copiedBytes).toBeGreaterThanOrEqual(64 * MiB)
    expect(seen.copiedBytes).toBeLessThan(64 * MiB + 32 * MiB)
  })
})
