import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {cpus, homedir, release} from 'node:os'
import {isAbsolute, join} from 'node:path'
import * as v from 'valibot'
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

/** $XDG_CACHE_HOME, which counts only when it is absolute (XDG Base Directory Specification). */
function directory(): string {
  const given = process.env.XDG_CACHE_HOME
  return join(given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache'), 'spawnctl')
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
    mkdirSync(directory(), {recursive: true})
    const draft = `${file}.${process.pid}`
    writeFileSync(draft, `${JSON.stringify({machine: machine(), calibration}, null, 2)}\n`)
    renameSync(draft, file)
  } catch {
    // read-only home
  }
}

/** The calibration of this machine: measured once, then remembered. */
export async function calibrated(measure: () => Promise<Calibration>): Promise<Calibration> {
  const file = join(directory(), 'calibration.json')
  const known = remembered(file)
  if (known !== undefined) return known
  const measured = await measure()
  remember(file, measured)
  return measured
}
