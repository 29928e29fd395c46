import type {Advice} from '../../errors.js'
import {allCapabilities, capabilitySet, describeCapabilities} from '../../plan/capability-names.js'
import type {Step} from '../../plan/step.js'
import {readText} from '../read-text.js'
import {isInside} from './rights.js'

/** What the caller can pass on, and the last capability of its kernel; undefined where there is no /proc. */
interface Had {
  readonly permitted: readonly number[]
  readonly last: number
}

function had(): Had | undefined {
  const [status, last] = ['/proc/thread-self/status', '/proc/sys/kernel/cap_last_cap'].map(readText)
  if (status === undefined || last === undefined) return undefined
  return {permitted: capabilitySet(status, 'CapPrm'), last: Number(last)}
}

/** As --ambient-caps takes it, with "all" where that is shorter. */
function listOf(wanted: readonly number[], missing: readonly number[], last: number): string {
  const isAll = allCapabilities(last).every(capability => wanted.includes(capability))
  if (isAll) return `all,${missing.map(capability => `-${describeCapabilities([capability])}`).join(',')}`
  return describeCapabilities(wanted.filter(capability => !missing.includes(capability)))
}

/** Names the capabilities that the program was to have as ambient ones, and that the caller does not have. */
export function explainCapabilities(
  step: Step,
  steps: readonly Step[],
  errno: string,
  read: () => Had | undefined = had,
): Advice | undefined {
  const isGiving = step.kind === 'capabilities' || step.kind === 'ambient'
  if (!isGiving || errno !== 'EPERM' || isInside(step, steps)) return undefined
  const wanted = steps.find(other => other.kind === 'ambient')?.capabilities ?? []
  const caller = read()
  const missing = caller === undefined ? [] : wanted.filter(capability => !caller.permitted.includes(capability))
  if (caller === undefined || missing.length === 0) return undefined
  const names = describeCapabilities(missing)
  return {
    why: `a capability can be given only by who has it, and the caller does not have ${names}`,
    next:
      missing.length === wanted.length
        ? `sudo, or start spawnctl with ${names}; or leave --ambient-caps or --cap-add out`
        : `those that are there: --ambient-caps ${listOf(wanted, missing, caller.last)}`,
  }
}
