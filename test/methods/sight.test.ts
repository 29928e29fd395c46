import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {pathBelow} from '../../src/methods/diagnosis/sight.js'
import {openDirectory} from '../helpers/observe.js'

const directory = openDirectory()
const root = join(directory.path, 'root')

beforeAll(() => {
  mkdirSync(join(root, 'usr/bin'), {recursive: true})
  writeFileSync(join(root, 'usr/bin/program'), '')
  symlinkSync('usr/bin', join(root, 'bin'))
  symlinkSync('/usr', join(root, 'absolute'))
  symlinkSync('../../../../usr', join(root, 'upwards'))
  symlinkSync('circle', join(root, 'circle'))
})
afterAll(directory.remove)

describe('a path below a new root', () => {
  it.each([
    ['/usr/bin/program', 'usr/bin/program'],
    ['usr//bin/./program', 'usr/bin/program'],
    ['/bin/program', 'usr/bin/program'],
    ['/absolute/bin/program', 'usr/bin/program'],
    ['/upwards/bin/program', 'usr/bin/program'],
    ['/../../usr/bin', 'usr/bin'],
    ['/bin/../nothing', 'usr/nothing'],
    ['/no/such/file', 'no/such/file'],
    ['/circle', 'circle'],
  ])('%s leads to %s there', (path, found) => {
    expect(pathBelow(root, path)).toBe(join(root, found))
  })

  it('is itself where the root stays the same', () => {
    expect(pathBelow('/', '/no/such/file')).toBe('/no/such/file')
  })
})
