import {UsageError} from '../errors.js'

/** linux/capability.h, from 0. */
const names = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
]
const most = 63

/** What a thread may do, and the last capability that its kernel knows. */
export interface Capabilities {
  readonly permitted: readonly number[]
  readonly inheritable: readonly number[]
  readonly last: number
}

export function allCapabilities(last: number): readonly number[] {
  return Array.from({length: last + 1}, (_, i) => i)
}

/** Those of a set as /proc/PID/status writes it: hexadecimal digits. */
export function capabilitiesIn(hex: string): readonly number[] {
  const bits = BigInt(`0x${hex}`)
  return allCapabilities(most).filter(capability => (bits >> BigInt(capability)) & 1n)
}

/** A set in the text of /proc/PID/status; empty where that has none. */
export function capabilitySet(status: string, set: 'CapInh' | 'CapPrm' | 'CapEff'): readonly number[] {
  return capabilitiesIn(new RegExp(`^${set}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '0')
}

/** "net_raw", "CAP_NET_RAW", "cap_13" → 13. */
function capabilityNumber(word: string, option: string): number {
  const name = word.toLowerCase().replace(/^cap_/, '')
  const number = /^\d+$/.test(name) ? Number(name) : names.indexOf(name)
  if (number >= 0 && number <= most) return number
  throw new UsageError(`--${option}: "${word}" is no capability`, {
    next: 'names as setpriv and capsh have them, with commas: net_raw,cap_sys_admin; setpriv --list-caps lists them',
  })
}

/** A list with commas, or "all", or "none". A sign before a name is setpriv's way: "+" adds, "-" takes away again. */
export function readCapabilities(text: string, option: string, last: number): readonly number[] {
  const found = new Set<number>()
  for (const word of text.split(',')) {
    const [, sign, name] = /^([+-]?)(.*)$/.exec(word) as unknown as [string, string, string]
    if (name === 'none') continue
    const meant = name === 'all' ? allCapabilities(last) : [capabilityNumber(name, option)]
    for (const capability of meant)
      if (sign === '-') found.delete(capability)
      else found.add(capability)
  }
  return [...found].sort((a, b) => a - b)
}

/** "net_raw"; one that is not known yet by its number. */
export function capabilityName(capability: number): string {
  return names[capability] ?? `cap_${capability}`
}

export function describeCapabilities(capabilities: readonly number[]): string {
  return capabilities.map(capabilityName).join(',') || 'none'
}
