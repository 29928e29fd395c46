// What the benchmarks of the library share: memory that is really there, an order without favour, medians with intervals.
import {execFileSync, spawnSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {cpus, loadavg, release} from 'node:os'
import {fileURLToPath} from 'node:url'
import {uniformInt} from 'pure-rand/distribution/uniformInt'
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const gibibyte = 2 ** 30
const pageBytes = 4096

/** Buffers of which every page was written, so that fork has its tables to copy. */
export function ballast(bytes) {
  const buffers = []
  for (let left = bytes; left > 0; left -= buffers.at(-1).length) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(left, gibibyte / 4))
    for (let at = 0; at < buffer.length; at += pageBytes) buffer[at] = 1
    buffers.push(buffer)
  }
  return buffers
}

export function refuseUnlessHeld(buffers, bytes) {
  if (buffers.reduce((sum, {length}) => sum + length, 0) !== bytes) throw new Error('the Buffers are gone')
}

export function shuffled(list) {
  const keyed = list.map(item => ({item, key: Math.random()}))
  return keyed.sort((a, b) => a.key - b.key).map(({item}) => item)
}

export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}

export function median(numbers) {
  return quantile(numbers, 0.5)
}

/**
 * The interval of a statistic by resampling: 95 % of what it is when the samples are drawn again, with putting back.
 * The seed is fixed: the same samples give the same interval, so a document made of them can be compared.
 */
export function interval(statistic, ...samples) {
  const random = xoroshiro128plus(1)
  const draws = Array.from({length: 1000}, () =>
    statistic(...samples.map(list => list.map(() => list[uniformInt(random, 0, list.length - 1)]))),
  )
  return [quantile(draws, 0.025), quantile(draws, 0.975)]
}

/** A process of its own for every size, so that none holds another's memory. @returns what it prints, as JSON */
export function inProcessOfItsOwn(script, ...args) {
  const words = [script, '--child', ...args].map(String)
  const stdio = ['ignore', 'pipe', 'inherit']
  return JSON.parse(execFileSync(process.execPath, words, {maxBuffer: Infinity, encoding: 'utf8', stdio}))
}

/** Compiles bench/NAME.c. @returns the path of the shared library */
export function library(name) {
  const directory = `${root}/node_modules/.cache`
  mkdirSync(directory, {recursive: true})
  const path = `${directory}/bench-${name}.so`
  const args = ['-O2', '-Wall', '-Werror', '-fPIC', '-shared', '-Wl,-z,now', '-o', path, `${root}/bench/${name}.c`]
  const {status, stderr} = spawnSync(process.env.CC ?? 'cc', args)
  if (status !== 0) throw new Error(`bench/${name}.c: ${stderr}`)
  return path
}

export function environmentOf(command) {
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    kernel: release(),
    cpu: `${cpus().length} × ${cpus()[0].model}`,
    load: loadavg()[0],
    version: JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], {cwd: root, encoding: 'utf8'}).trim(),
  }
}

export function writeRaw(name, content) {
  writeFileSync(`${root}/docs/benchmarks/${name}.json`, `${JSON.stringify(content)}\n`)
}
