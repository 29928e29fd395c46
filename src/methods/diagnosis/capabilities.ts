import {readFileSync} from 'node:fs'
import type {Advice} from '../../errors.js'
import {allCapabilities, capabilitiesIn, describeCapabilities} from '../../plan/capability-names.js'
import type {Step} from '../../plan/step.js'
import {isInside} from './rights.js'

/** What the caller can pass on, and the last capability of its kernel; undefined where there is no /proc. */
interface Had {
  readonly permitted: readonly number[]
  readonly last: number
}

function had(): Had | undefined {
  try {
    const permitted = /^CapPrm:\s*(\w+)/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1] ?? '0'
    const last = Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'))
    return {permitted: capabilitiesIn(permitted), last}
  } catch {
    return undefined
  }
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
