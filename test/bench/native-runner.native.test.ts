import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {openNativeRunner} from '../../dist/bench/native-runner.js'
import {benchProgram} from '../../dist/bench/program.js'
import {methods} from '../../dist/index.js'
import {fixture} from '../helpers/fixture.js'
import {runEach, withNative} from '../helpers/native-runner.js'
import {openDirectory, readState} from '../helpers/observe.js'
import {withRunner} from '../helpers/runner-check.js'

const MiB = 2 ** 20

describe('the native runner', () => {
  it.each(methods)('gives as many samples of %s as asked for, and of each time one', async method => {
    await withNative(['/bin/echo', 'not', 'for', 'the', 'driver'], async runner => {
      for (const count of [1, 150]) {
        const {callerBlocked, spawnToExit} = (await runner.run(method, count)).samples
        expect(callerBlocked).toHaveLength(count)
        spawnToExit.forEach((exit, i) => {
          expect(callerBlocked[i]).toBeGreaterThan(0)
          expect(exit).toBeGreaterThan(callerBlocked[i]!)
        })
      }
    })
  })

  it.each(methods)('gives the program of %s its words, its environment, and no descriptor but 0 to 2', async method => {
    const {path, remove} = openDirectory()
    const file = join(path, 'state')
    writeFileSync(file, '')
    try {
      await withNative([fixture('print-state'), file, 'two words', ''], runner => runner.run(method, 1))
      const {argv, environ, fds, blocked, ignored, cwd} = readState(file)
      expect(argv).toEqual([fixture('print-state'), file, 'two words', ''])
      expect([...environ].sort()).toEqual(
        Object.entries(process.env)
          .map(([name, value]) => Buffer.from(`${name}=${value}`).toString('latin1'))
          .sort(),
      )
      expect(fds.map(({fd}) => fd)).toEqual([0, 1, 2])
      expect(fds.slice(0, 2).map(({link}) => link)).toEqual(['/dev/null', '/dev/null'])
      expect([blocked, ignored]).toEqual(['0000000000000000', '0000000000000000'])
      expect(cwd).toBe(process.cwd())
    } finally {
      remove()
    }
  })

  it('runs the program under every method with as large an environment as asked for', async () => {
    const words = ['/bin/sh', '-c', '[ $(tr -d "\\0" </proc/$$/environ | wc -c) -gt 1000000 ]']
    await withNative(words, runEach, MiB)
    await withNative(words, async runner => {
      await expect(runner.run('clone', 1)).rejects.toThrow(/ended with exit code 1/)
    })
  })
})

describe('a program that', () => {
  const endings: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['exits with a code', ['/bin/sh', '-c', 'exit 7'], /the program \/bin\/sh ended with exit code 7/],
    ['is killed', ['/bin/sh', '-c', 'kill -KILL $$'], /the program \/bin\/sh was killed by SIGKILL/],
  ]

  it.each(
    methods.flatMap(method => endings.map(([title, words, message]) => [title, method, words, message] as const)),
  )('%s is an error of %s', async (_, method, words, message) => {
    await withNative(words, async runner => {
      await expect(runner.run(method, 3)).rejects.toMatchObject({
        code: 'E_BENCH_PROGRAM',
        message: expect.stringMatching(message),
      })
      await expect(runner.run(method, 1)).rejects.toThrow(message)
    })
  })

  it.each(methods)('cannot be executed is an error of %s, told as for exec', async method => {
    const {path, remove} = openDirectory()
    const file = join(path, 'program')
    writeFileSync(file, '#!/nonexistent/interpreter\n', {mode: 0o755})
    try {
      await withNative([file], async runner => {
        await expect(runner.run(method, 1)).rejects.toMatchObject({
          code: 'E_INTERPRETER',
          message: expect.stringContaining('its interpreter /nonexistent/interpreter is missing'),
        })
        rmSync(file)
        await expect(runner.run(method, 1)).rejects.toMatchObject({code: 'E_NOT_FOUND'})
        writeFileSync(file, '#!/bin/sh\n', {mode: 0o755})
        expect((await runner.run(method, 1)).samples.spawnToExit).toHaveLength(1)
      })
    } finally {
      remove()
    }
  })
})

describe('a runner of few words', () => {
  it.each(['spoon', 'zygote-program', 'fork'])('does not run %s where it was not asked to bring it', async row => {
    await withRunner(
      program => openNativeRunner(program, ['clone']),
      benchProgram(['/bin/true']),
      async runner => {
        await expect(runner.run(row, 1)).rejects.toThrow('the native runner fails at run')
        expect((await runner.run('clone', 1)).samples.spawnToExit).toHaveLength(1)
      },
    )
  })

  it('starts no zygote where none is measured', async () => {
    await withRunner(
      program => openNativeRunner(program, ['clone']),
      benchProgram(['/bin/true']),
      async runner => {
        expect(readFileSync(`/proc/${runner.pid}/task/${runner.pid}/children`, 'utf8').trim()).toBe('')
      },
    )
  })
})
