import {randomBytes} from 'node:crypto'
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {cpus, release} from 'node:os'
import {dirname, join} from 'node:path'
import * as v from 'valibot'
import {cacheDirectory} from '../../bench/cache-directory.js'
import {methods} from '../../methods/method.js'
import type {Calibration} from './prediction.js'

const ns = v.pipe(v.number(), v.finite(), v.minValue(0))

const calibration = v.object({
  smallNs: v.object(Object.fromEntries(methods.map(method => [method, ns]))),
  forkNsPerMiB: ns,
  forkNsPerHugeMiB: ns,
  forkNsPerMapping: ns,
})

const entry = v.object({machine: v.string(), calibration})

/** What the figures hold for: another kernel or processor has others. */
function machine(): string {
  return `${release()} ${process.arch} ${cpus()[0]?.model ?? ''}`
}

/** One level after the other: Node's recursive mkdir never ends below a directory that lets nothing be made, as /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return
  makeDirectory(dirname(path))
  mkdirSync(path, {mode: 0o700})
}

/** Nobody sees it half written, and nobody can have put a link in its place. */
function replace(file: string, text: string): void {
  const draft = `${file}.${randomBytes(8).toString('hex')}`
  try {
    writeFileSync(draft, text, {flag: 'wx', mode: 0o600})
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, {force: true})
    throw error
  }
}

function remembered(file: string): Calibration | undefined {
  try {
    const parsed = v.safeParse(entry, JSON.parse(readFileSync(file, 'utf8')))
    if (parsed.success && parsed.output.machine === machine()) return parsed.output.calibration as Calibration
  } catch {
    // not there yet, or not whole: measure
  }
  return undefined
}

/** A cache that cannot be written costs a second each time, and nothing else. */
function remember(file: string, calibration: Calibration): void {
  try {
    makeDirectory(dirname(file))
    replace(file, `${JSON.stringify({machine: machine(), calibration}, null, 2)}\n`)
  } catch {
    // read-only home
  }
}

/** The calibration of this machine: measured once, then remembered. */
export async function calibrated(measure: () => Promise<Calibration>): Promise<Calibration> {
  const place = cacheDirectory()
  if (place === undefined) return measure()
  const file = join(place, 'calibration.json')
  const known = remembered(file)
  if (known !== undefined) return known
  const measured = await measure()
  remember(file, measured)
  return measured
}
