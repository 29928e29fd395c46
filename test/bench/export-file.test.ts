import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {ExportFile} from '../../src/bench/export-file.js'
import {UsageError} from '../../src/errors.js'

let directory: string
const path = (name: string) => join(directory, name)
const read = (name: string) => readFileSync(path(name), 'utf8')

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
})
afterEach(() => rmSync(directory, {recursive: true}))

describe('a file to be written after the measurement', () => {
  it('keeps what was there until it is written', () => {
    writeFileSync(path('old'), 'before')
    const file = ExportFile.open('export-json', path('old'))
    expect(read('old')).toBe('before')
    file.write('after')
    file.discard()
    expect(read('old')).toBe('after')
    expect(readdirSync(directory)).toEqual(['old'])
  })

  it('leaves nothing behind when it is discarded', () => {
    ExportFile.open('export-json', path('new')).discard()
    expect(readdirSync(directory)).toEqual([])
  })

  it('follows a link to the file behind it', () => {
    mkdirSync(path('there'))
    writeFileSync(path('there/real'), '')
    symlinkSync(path('there/real'), path('link'))
    ExportFile.open('export-csv', path('link')).write('x')
    expect(read('there/real')).toBe('x')
    expect(readdirSync(path('there'))).toEqual(['real'])
  })

  it('writes to a device as it is', () => {
    const file = ExportFile.open('export-csv', '/dev/null')
    file.write('x')
    file.discard()
    expect(readdirSync('/dev')).toContain('null')
  })

  it.each([
    ['a directory', '.', /is a directory|EISDIR/i],
    ['a place in no directory', 'missing/file', /ENOENT/],
    ['a place below a file', 'file/below', /ENOTDIR/],
  ])('refuses %s', (_, name, words) => {
    writeFileSync(path('file'), '')
    const open = () => ExportFile.open('export-html', path(name))
    expect(open).toThrow(UsageError)
    expect(open).toThrow(words)
    expect(readdirSync(directory)).toEqual(['file'])
  })
})
