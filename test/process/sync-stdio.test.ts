import {describe, expect, it} from 'vitest'
import {type SyncOptions, unknownToSync} from '../../src/process/sync.js'
import {pipeWish, type SyncStdio, sourceOf} from '../../src/process/sync-stdio.js'

const usual = {file: 'true', args: ['true'], envPairs: ['A=1'], stdio: []}

describe('options of Node’s synchronous spawn', () => {
  it.each<[string, object]>([
    ['the usual ones', {}],
    ['none at all', {args: undefined, envPairs: undefined, cwd: null, timeout: null}],
    ['all', {cwd: '/', timeout: 1, maxBuffer: Infinity, killSignal: 9, uid: 0, gid: 0, detached: true}],
    ['ignored numbers', {stdio: [{type: 'ignore'}]}],
    ['pipes', {stdio: [{type: 'pipe', readable: true, writable: false, input: Buffer.alloc(1)}]}],
    ['pipes by another name', {stdio: [{type: 'overlapped', readable: false, writable: true}]}],
    [
      'descriptors',
      {
        stdio: [
          {type: 'inherit', fd: 0},
          {type: 'fd', fd: 7},
        ],
      },
    ],
    ['streams', {stdio: [{type: 'wrap', handle: {fd: 7}}]}],
  ])('are understood: %s', (_, options) => {
    expect(unknownToSync({...usual, ...options} as SyncOptions)).toBeUndefined()
  })

  it.each<[string, object]>([
    ['file or cwd', {file: 5}],
    ['file or cwd', {cwd: 5}],
    ['args or envPairs', {args: [5]}],
    ['args or envPairs', {envPairs: 'A=1'}],
    ['timeout', {timeout: '1'}],
    ['killSignal', {killSignal: 'SIGTERM'}],
    ['stdio is no array', {stdio: 'pipe'}],
    ['stdio[0] is undefined', {stdio: [undefined]}],
    ['stdio[1] is what', {stdio: [{type: 'ignore'}, {type: 'what'}]}],
    ['stdio[0] is pipe', {stdio: [{type: 'pipe', readable: false, writable: false}]}],
    ['stdio[0] is pipe', {stdio: [{type: 'pipe', readable: true, writable: false, input: 'text'}]}],
    ['stdio[0] is fd', {stdio: [{type: 'fd', fd: '1'}]}],
    ['stdio[0] is wrap', {stdio: [{type: 'wrap', handle: {}}]}],
  ])('are left to Node when they are not: %s', (reason, options) => {
    expect(unknownToSync({...usual, ...options} as SyncOptions)).toContain(reason)
  })
})

describe('a number of the child', () => {
  const pipe = {nearEnd: 20, farEnd: 21, input: undefined, captures: true}
  const duplex = {type: 'pipe', readable: true, writable: true} as const

  it.each<[SyncStdio, ReturnType<typeof sourceOf>]>([
    [{type: 'ignore'}, 'ignore'],
    [{type: 'inherit', fd: 2}, 2],
    [{type: 'fd', fd: 9}, 9],
    [{type: 'wrap', handle: {fd: 11}}, 11],
    [duplex, 21],
  ])('%o has its source', (stdio, source) => {
    expect(sourceOf(stdio, pipe)).toBe(source)
  })

  it('has a pipe for what it reads, what it writes, or both', () => {
    expect(pipeWish({type: 'ignore'})).toBeUndefined()
    expect(pipeWish({...duplex, readable: false})).toEqual({input: undefined, captures: true})
    expect(pipeWish({...duplex, writable: false})).toEqual({input: new Uint8Array(0), captures: false})
    const part = new Uint16Array([1, 2, 3]).subarray(1)
    expect(pipeWish({...duplex, input: part})).toEqual({input: new Uint8Array([2, 0, 3, 0]), captures: true})
  })
})
