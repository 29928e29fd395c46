import {readdirSync, readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import type {ProcessRunner} from '../../dist/bench/process-runner.js'
import {noBallast} from '../helpers/fake-runner.js'
import {runEach, withNative} from '../helpers/native-runner.js'

const MiB = 2 ** 20
/** What a spawn or libc may take and keep. */
const slackBytes = MiB

/** A field of /proc/PID/smaps_rollup, in bytes. */
function memoryOf(pid: number | undefined, field: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024
}

/** What it is made of, as the kernel tells. */
function weigh({pid}: ProcessRunner) {
  return {
    touched: memoryOf(pid, 'Anonymous'),
    huge: memoryOf(pid, 'AnonHugePages'),
    mapped: Number(/^VmSize:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
    mappings: readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  }
}

type Weight = ReturnType<typeof weigh>

function difference(after: Weight, before: Weight): Weight {
  const less = Object.entries(after).map(([key, value]) => [key, value - before[key as keyof Weight]])
  return Object.fromEntries(less)
}

/** Bytes at most a little more; counts exactly. */
function expectMore(
  more: Weight,
  {touched = 0, huge = 0, mapped = touched, mappings = 0, threads = 0}: Partial<Weight>,
) {
  for (const [is, shall] of [
    [more.touched, touched],
    [more.huge, huge],
    [more.mapped, mapped],
  ] as const) {
    expect(is).toBeGreaterThanOrEqual(shall)
    expect(is).toBeLessThan(shall + slackBytes)
  }
  expect([more.mappings, more.threads]).toEqual([mappings, threads])
}

function kernelGivesHugePages(): boolean {
  try {
    return !readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').includes('[never]')
  } catch {
    return false
  }
}

describe('the native runner’s ballast, seen from outside,', () => {
  const axes: readonly (readonly [string, Partial<typeof noBallast>, Partial<Weight>])[] = [
    ['touched memory in small pages', {memoryBytes: 64 * MiB}, {touched: 64 * MiB, mappings: 1}],
    ['mapped memory', {mappedBytes: 512 * MiB}, {mapped: 512 * MiB, mappings: 1}],
    ['mappings', {mappings: 1000}, {touched: 1000 * 4096, mappings: 1000}],
    ['one mapping', {mappings: 1}, {touched: 4096, mappings: 1}],
    ['threads', {threads: 20}, {mapped: 20 * 256 * 1024, mappings: 40, threads: 20}],
  ]

  it.each(axes)('is %s, and nothing of it when it is put down', async (_, pieces, weight) => {
    await withNative(['/bin/true'], async runner => {
      await runEach(runner)
      await runner.carry(noBallast)
      const before = weigh(runner)
      for (let i = 0; i < 2; i++) {
        await runner.carry({...noBallast, ...pieces})
        expectMore(difference(weigh(runner), before), weight)
        await runEach(runner)
        expectMore(difference(weigh(runner), before), weight)
        await runner.carry(noBallast)
        expectMore(difference(weigh(runner), before), {})
      }
    })
  })

  it.skipIf(!kernelGivesHugePages())('is memory in huge pages # needs a kernel that gives them', async () => {
    await withNative(['/bin/true'], async runner => {
      const before = weigh(runner)
      await runner.carry({...noBallast, memoryBytes: 64 * MiB, thp: 'always'})
      // What does not begin or end on a huge page's border is of small ones.
      expect(difference(weigh(runner), before).huge).toBeGreaterThanOrEqual(60 * MiB)
      await runEach(runner)
    })
  })

  it('is all of it together', async () => {
    await withNative(['/bin/true'], async runner => {
      const before = weigh(runner)
      await runner.carry({memoryBytes: 8 * MiB, mappings: 10, thp: 'never', mappedBytes: 16 * MiB, threads: 3})
      const {touched, mapped, threads} = difference(weigh(runner), before)
      expect(touched).toBeGreaterThanOrEqual(8 * MiB)
      expect(mapped).toBeGreaterThanOrEqual(24 * MiB)
      expect(threads).toBe(3)
      await runEach(runner)
    })
  })

  it('is none of the zygote’s, which was there before', async () => {
    await withNative(['/bin/true'], async runner => {
      await runner.carry({...noBallast, memoryBytes: 64 * MiB})
      const children = readFileSync(`/proc/${runner.pid}/task/${runner.pid}/children`, 'utf8').trim().split(' ')
      expect(children.map(pid => readFileSync(`/proc/${pid}/comm`, 'utf8').trim())).toEqual(['spawnctl-zygote'])
      expect(memoryOf(Number(children[0]), 'Rss')).toBeLessThan(MiB)
    })
  })

  it.each([
    ['mmap', {memoryBytes: 2 ** 50}, /mmap: not enough memory/],
    ['mmap', {mappedBytes: 2 ** 50}, /mmap: not enough memory/],
    ['mprotect', {mappings: 100_000}, /mprotect: .*ENOMEM/],
  ])('is told to be impossible by what %s says to %j, and the runner goes on', async (_, pieces, message) => {
    const most = Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8'))
    await withNative(['/bin/true'], async runner => {
      const before = weigh(runner)
      const wanted = 'mappings' in pieces ? {mappings: most + 1} : pieces
      await expect(runner.carry({...noBallast, ...wanted})).rejects.toThrow(message)
      expectMore(difference(weigh(runner), before), {})
      await runEach(runner)
    })
  })
})
