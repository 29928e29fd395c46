import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {calibrated} from '../../../src/recommend/process/calibration-cache.js'
import type {Calibration} from '../../../src/recommend/process/prediction.js'

const measured: Calibration = {
  smallNs: {fork: 1, vfork: 2, posix_spawn: 3, clone: 4, 'clone-vm': 5, zygote: 6},
  forkNsPerMiB: 7,
  forkNsPerHugeMiB: 8,
  forkNsPerMapping: 9,
}

let directory: string
let measurements: number
const calibrate = () =>
  calibrated(async () => {
    measurements++
    return measured
  })

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
  measurements = 0
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(directory, {recursive: true})
})

describe('the calibration of this machine', () => {
  it('is kept for this user alone, in directories that are made where there are none', async () => {
    vi.stubEnv('XDG_CACHE_HOME', join(directory, 'a/b'))
    expect(await calibrate()).toEqual(measured)
    expect(await calibrate()).toEqual(measured)
    expect(measurements).toBe(1)
    expect(readdirSync(join(directory, 'a/b/spawnctl'))).toEqual(['calibration.json'])
    expect(statSync(join(directory, 'a/b/spawnctl/calibration.json')).mode & 0o777).toBe(0o600)
  })

  it.each(['/proc/nope', '/dev/null'])('is measured each time where nothing can be made: %s', async place => {
    vi.stubEnv('XDG_CACHE_HOME', place)
    expect(await calibrate()).toEqual(measured)
    expect(await calibrate()).toEqual(measured)
    expect(measurements).toBe(2)
  })

  it.each(['', 'relative'])('is not kept below the working directory with a home of "%s"', async home => {
    vi.stubEnv('XDG_CACHE_HOME', '')
    vi.stubEnv('HOME', home)
    const before = readdirSync('.')
    await calibrate()
    expect(readdirSync('.')).toEqual(before)
    expect(existsSync(join(home, '.cache'))).toBe(false)
  })

  it('follows no link, and leaves no draft behind when it cannot be put in place', async () => {
    vi.stubEnv('XDG_CACHE_HOME', directory)
    mkdirSync(join(directory, 'spawnctl/calibration.json/in-the-way'), {recursive: true})
    const target = join(directory, 'target')
    symlinkSync(target, join(directory, `spawnctl/calibration.json.${process.pid}`))
    expect(await calibrate()).toEqual(measured)
    expect(existsSync(target)).toBe(false)
    expect(readdirSync(join(directory, 'spawnctl'))).toEqual(['calibration.json', `calibration.json.${process.pid}`])
  })

  it('replaces a link that stands in its place', async () => {
    vi.stubEnv('XDG_CACHE_HOME', directory)
    mkdirSync(join(directory, 'spawnctl'))
    const file = join(directory, 'spawnctl/calibration.json')
    symlinkSync(join(directory, 'target'), file)
    await calibrate()
    expect(existsSync(join(directory, 'target'))).toBe(false)
    expect(JSON.parse(readFileSync(file, 'utf8')).calibration).toEqual(measured)
  })
})
