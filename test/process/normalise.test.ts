import type {SpawnOptions} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {normalise} from '../../src/process/normalise.js'

type Call = [file: string, args: readonly string[], options: SpawnOptions]

/** Its outcome, in the fields that a child is made from. */
function outcome([file, args, options]: Call): unknown {
  try {
    const {
      file: read,
      args: argv,
      cwd,
      detached,
      envPairs,
      stdio,
      uid,
      gid,
      timeout,
      signal,
      killSignal,
    } = normalise(file, args, options) as never
    return {file: read, argv, cwd: cwd ?? null, detached, envPairs, stdio, uid, gid, timeout, signal, killSignal}
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    return {code, message}
  }
}

/** Node reads it, as any option does that is not plain. */
function byNode([file, args, options]: Call): Call {
  return [file, args, Object.assign(options, {windowsHide: false})]
}

describe('reading the arguments of a spawn without Node', () => {
  it.each<[string, () => Call]>([
    ['nothing but a file', () => ['true', [], {}]],
    ['arguments', () => ['/bin/echo', ['a', '', 'é\n'], {}]],
    ['arguments with holes', () => ['true', Array(2), {}]],
    ['arguments that are no strings', () => ['true', [1, null] as never, {}]],
    ['arguments that are no list', () => ['true', {} as never, {}]],
    ['stdio', () => ['true', [], {stdio: ['ignore', 'pipe', 2]}]],
    ['stdio of a kind that there is not', () => ['true', [], {stdio: 'sideways' as never}]],
    ['a directory', () => ['true', [], {cwd: '/'}]],
    ['an empty directory', () => ['true', [], {cwd: ''}]],
    ['a directory as a URL', () => ['true', [], {cwd: new URL('file:///tmp')}]],
    ['a directory with a NUL', () => ['true', [], {cwd: 'a\0b'}]],
    ['a directory that is a number', () => ['true', [], {cwd: 1 as never}]],
    ['a session', () => ['true', [], {detached: true}]],
    ['a session that is a number', () => ['true', [], {detached: 1 as never}]],
    ['an empty file', () => ['', [], {}]],
    ['a file with a NUL', () => ['a\0b', [], {}]],
    ['a file that is a number', () => [1 as never, [], {}]],
    ['an argument with a NUL', () => ['true', ['a\0b'], {}]],
    ['options of a prototype', () => ['true', [], Object.create({uid: -1})]],
    ['a method', () => ['true', [], {method: 'fork'} as never]],
  ])('makes the same of %s', (_, call) => {
    expect(outcome(call())).toEqual(outcome(byNode(call())))
  })

  it.each([null, 5, 'x', [], () => {}])('leaves options like %s for Node to refuse', options => {
    expect(outcome(['true', [], options as never])).toMatchObject({code: 'ERR_INVALID_ARG_TYPE'})
  })
})
