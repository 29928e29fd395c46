import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {benchProgram, findProgram} from '../../src/bench/program.js'
import {UsageError} from '../../src/errors.js'

let directory: string
const {PATH} = process.env

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spawnctl-program-'))
  for (const name of ['first', 'second', 'second/directory']) mkdirSync(join(directory, name))
  writeFileSync(join(directory, 'first/plain'), '')
  for (const name of ['plain', 'program']) {
    writeFileSync(join(directory, 'second', name), '#!/bin/sh\n')
    chmodSync(join(directory, 'second', name), 0o755)
  }
  process.env.PATH = `${directory}/first:${directory}/second`
})

afterEach(() => {
  process.env.PATH = PATH
  rmSync(directory, {recursive: true})
})

/** Each as execve counts it: with its "=" and the zero at its end. */
function bytesOf(env: Readonly<Record<string, string>>): number {
  return Object.entries(env).reduce((sum, [name, value]) => sum + Buffer.byteLength(`${name}=${value}`) + 1, 0)
}

describe('the program', () => {
  it('is looked for in PATH, past files that cannot be executed', () => {
    for (const name of ['program', 'plain'])
      expect(benchProgram([name, 'two words']).path).toBe(join(directory, 'second', name))
    expect(benchProgram(['program', 'two words', '']).args).toEqual(['two words', ''])
  })

  it('is made absolute, so that no row has to search', () => {
    const before = process.cwd()
    process.chdir(directory)
    try {
      expect(findProgram('./second/program')).toBe(join(process.cwd(), 'second/program'))
      process.env.PATH = 'second'
      expect(findProgram('program')).toBe(join(process.cwd(), 'second/program'))
    } finally {
      process.chdir(before)
    }
  })

  it.each([
    ['nowhere', 'there is no program "nowhere"', /directories of PATH/],
    ['directory', 'there is no program "directory"', /directories of PATH/],
    ['/nonexistent', 'there is no program "/nonexistent"', /no file of this name/],
    ['', 'there is no program ""', /directories of PATH/],
  ])('"%s" is refused', (name, message, why) => {
    const refused = () => benchProgram([name])
    expect(refused).toThrow(UsageError)
    expect(refused).toThrow(expect.objectContaining({message, why: expect.stringMatching(why)}))
  })

  it('is refused where it must not be executed', () => {
    expect(() => benchProgram([join(directory, 'first/plain')])).toThrow(/there is no program/)
  })
})

describe('the environment', () => {
  it('is this process’s own', () => {
    expect(benchProgram(['program']).env).toEqual(process.env)
  })

  it.each([100, 65_536, 65_537, 200_000, 2 ** 20])('is larger by %i bytes, in strings that execve takes', bytes => {
    const [{env: usual}, {env: larger}] = [benchProgram(['program']), benchProgram(['program'], bytes)]
    // What is left for the last variable may be less than its name.
    expect(Math.abs(bytesOf(larger) - bytesOf(usual) - bytes)).toBeLessThan(24)
    expect(larger).toMatchObject(usual)
    for (const value of Object.values(larger)) expect(value.length).toBeLessThan(131_072)
  })
})
