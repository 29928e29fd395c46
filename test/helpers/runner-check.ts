import {spawnSync} from 'node:child_process'
import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import type {ProcessRunner} from '../../dist/bench/process-runner.js'
import {benchProgram} from '../../dist/bench/program.js'
import type {BenchProgram} from '../../src/bench/program.js'
import {noBallast} from './fake-runner.js'
import {fixture} from './fixture.js'
import {latin1, openDirectory, readState} from './observe.js'
import type {TracedCall} from './strace.js'

const MiB = 2 ** 20
const ballastBytes = 192 * MiB
/** What a runtime may take and give back beside it. */
const slackBytes = 48 * MiB

type Open = (program: BenchProgram) => Promise<ProcessRunner>

/** Opens it, and closes it whatever happens. */
export async function withRunner<T>(open: Open, program: BenchProgram, use: (runner: ProcessRunner) => Promise<T>) {
  const runner = await open(program)
  try {
    return await use(runner)
  } finally {
    await runner.close()
  }
}

/** A field of /proc/PID/smaps_rollup, in bytes. */
export function memoryOf({pid}: ProcessRunner, field: 'Anonymous' | 'AnonHugePages'): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024
}

/** The programs, by how they end, and what is said of it. */
const endings = [
  [['/bin/sh', '-c', 'exit 7'], /the program \/bin\/sh ended with exit code 7/],
  [['/bin/sh', '-c', 'kill -KILL $$'], /the program \/bin\/sh was killed by SIGKILL/],
] as const

/** What every runner has to do that is no C program, as tests. */
export function checkRunner(open: Open, rows: readonly string[]): void {
  it.each(rows)('gives as many samples of %s as asked for, and of each time one', async row => {
    await withRunner(open, benchProgram(['/bin/echo', 'not', 'for', 'the', 'driver']), async runner => {
      expect(runner.rows).toEqual(rows)
      await runner.carry(noBallast)
      for (const count of [1, 3]) {
        const {samples, systemCall} = await runner.run(row, count)
        expect(samples.callerBlocked).toHaveLength(count)
        samples.spawnToExit.forEach((exit, i) => {
          expect(samples.callerBlocked[i]).toBeGreaterThan(0)
          expect(exit).toBeGreaterThanOrEqual(samples.callerBlocked[i]!)
        })
        expect(systemCall).not.toBe('')
      }
    })
  })

  it.each(rows)('gives the program of %s its words, its environment, and no descriptor but 0 to 2', async row => {
    const {path, remove} = openDirectory()
    const file = join(path, 'state')
    writeFileSync(file, '')
    const program = benchProgram([fixture('print-state'), file, 'two words', '', '*'])
    const env = {...program.env, SPAWNCTL_TEST: 'a = b', NODE_OPTIONS: '--no-warnings'}
    try {
      spawnSync(program.path, program.args, {stdio: 'ignore'})
      const inherited = readState(file).fds.map(({fd}) => fd)
      await withRunner(open, {...program, env}, runner => runner.run(row, 1))
      const {argv, environ, fds} = readState(file)
      expect(argv).toEqual([program.path, file, 'two words', '', '*'])
      expect([...environ].sort()).toEqual(
        Object.entries(env)
          .map(([name, value]) => latin1(`${name}=${value}`))
          .sort(),
      )
      expect(fds.map(({fd}) => fd).filter(fd => fd < 3 || !inherited.includes(fd))).toEqual([0, 1, 2])
      expect(fds.slice(0, 2).map(({link}) => link)).toEqual(['/dev/null', '/dev/null'])
    } finally {
      remove()
    }
  })

  it('carries memory that is seen from outside, in small pages, and puts it down', async () => {
    await withRunner(open, benchProgram(['/bin/true']), async runner => {
      await runner.carry(noBallast)
      const before = memoryOf(runner, 'Anonymous')
      for (const memoryBytes of [ballastBytes, ballastBytes / 2, 0]) {
        await runner.carry({...noBallast, memoryBytes})
        const more = memoryOf(runner, 'Anonymous') - before
        expect(Math.abs(more - memoryBytes)).toBeLessThan(slackBytes)
        expect(memoryOf(runner, 'AnonHugePages')).toBeLessThan(slackBytes)
        await runner.run(rows[0]!, 1)
      }
    })
  })

  it.each(['mappings', 'mappedBytes', 'threads'] as const)('refuses %s, and is of use all the same', async axis => {
    await withRunner(open, benchProgram(['/bin/true']), async runner => {
      const ballast = {...noBallast, [axis]: 4096}
      expect(runner.refusal(ballast)).toBe('touched memory is all that can be added to it')
      await expect(runner.carry(ballast)).rejects.toThrow(/cannot carry .*4096 further|cannot carry 4 KiB of mapped/)
      expect((await runner.run(rows[0]!, 1)).samples.spawnToExit).toHaveLength(1)
    })
  })

  const failures = rows.flatMap(row => endings.map(([words, message]) => [row, words, message] as const))
  it.each(failures)('tells, for %s, how %j has failed', async (row, words, message) => {
    await withRunner(open, benchProgram(words), async runner => {
      await expect(runner.run(row, 3)).rejects.toThrow(message)
    })
  })

  it.each(rows)('tells, for %s, that a program cannot be executed', async row => {
    const {path, remove} = openDirectory()
    const file = join(path, 'program')
    writeFileSync(file, '#!/nonexistent/interpreter\n', {mode: 0o755})
    try {
      await withRunner(open, benchProgram([file]), async runner => {
        await expect(runner.run(row, 1)).rejects.toMatchObject({code: 'E_BENCH_PROGRAM'})
        rmSync(file)
        writeFileSync(file, '#!/bin/sh\n', {mode: 0o755})
        expect((await runner.run(row, 1)).samples.spawnToExit).toHaveLength(1)
      })
    } finally {
      remove()
    }
  })
}

const creations = ['fork', 'vfork', 'clone', 'clone3']

interface Creation {
  readonly name: string
  readonly sharesMemory: boolean
  readonly callerSleeps: boolean
}

/** What made each process that executed this file, in their order. */
export function creationsOf(calls: readonly TracedCall[], file: string): readonly Creation[] {
  const pids = calls.flatMap(({name, args, result, pid}) =>
    name === 'execve' && result === 0 && args.startsWith(`"${file}"`) ? [pid] : [],
  )
  return pids.map(pid => {
    const [maker] = calls.filter(({name, result}) => creations.includes(name) && result === pid)
    if (maker === undefined) throw new Error(`nothing has made process ${pid}`)
    const has = (flag: string) => maker.name === 'vfork' || new RegExp(`\\b${flag}\\b`).test(maker.args)
    return {name: maker.name, sharesMemory: has('CLONE_VM'), callerSleeps: has('CLONE_VFORK')}
  })
}

/** By the first word of what a runner says that it does: what the kernel has to see. */
export const seenAs: Readonly<Record<string, {name: RegExp; sharesMemory: boolean; callerSleeps: boolean}>> = {
  fork: {name: /^(fork|clone|clone3)$/, sharesMemory: false, callerSleeps: false},
  vfork: {name: /^(vfork|clone)$/, sharesMemory: true, callerSleeps: true},
  posix_spawn: {name: /^clone3?$/, sharesMemory: true, callerSleeps: true},
  clone: {name: /^clone3?$/, sharesMemory: true, callerSleeps: true},
  'clone-vm': {name: /^clone3?$/, sharesMemory: true, callerSleeps: false},
}

/** Holds what a runner has printed under strace against what the kernel saw: two programs for each "done". */
export function expectTruth({stdout, calls}: {stdout: string; calls: readonly TracedCall[]}, program: string): void {
  const said = [...stdout.matchAll(/^done (\S+)/gm)].map(([, word]) => word as string)
  expect(said.length, stdout).toBeGreaterThan(0)
  const seen = creationsOf(calls, program)
  expect(seen).toHaveLength(2 * said.length)
  seen.forEach((creation, i) => {
    const {name, ...rest} = seenAs[said[Math.floor(i / 2)]!]!
    expect(creation).toMatchObject(rest)
    expect(creation.name).toMatch(name)
  })
}
