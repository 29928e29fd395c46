import {calibrate} from './calibration.js'
import {calibrated} from './calibration-cache.js'
import type {Evidence} from './evidence.js'
import {processFacts} from './facts.js'
import {predict} from './prediction.js'

/**
 * Looks at a live process without touching it, and at what the methods cost on this machine.
 * @throws {SpawnctlError}
 */
export async function look(pid: number): Promise<Evidence> {
  const facts = processFacts(pid)
  return {...facts, callerBlockedNs: predict(facts, await calibrated(calibrate))}
}
