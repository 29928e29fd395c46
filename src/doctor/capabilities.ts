import {allCapabilities, capabilitiesIn, describeCapabilities} from '../plan/capability-names.js'

/** A set as /proc/self/status writes it in few words: "all", "none", "all but sys_module", or the names. */
export function summarizeCapabilities(hex: string, last: number): string {
  const held = capabilitiesIn(hex)
  const lacking = allCapabilities(last).filter(capability => !held.includes(capability))
  if (held.length > 0 && lacking.length === 0) return 'all'
  return lacking.length < held.length ? `all but ${describeCapabilities(lacking)}` : describeCapabilities(held)
}
