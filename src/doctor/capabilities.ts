/** In the order of their numbers, capabilities(7). */
const names = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap'],
  ...['linux_immutable', 'net_bind_service', 'net_broadcast', 'net_admin', 'net_raw', 'ipc_lock', 'ipc_owner'],
  ...['sys_module', 'sys_rawio', 'sys_chroot', 'sys_ptrace', 'sys_pacct', 'sys_admin', 'sys_boot', 'sys_nice'],
  ...['sys_resource', 'sys_time', 'sys_tty_config', 'mknod', 'lease', 'audit_write', 'audit_control', 'setfcap'],
  ...['mac_override', 'mac_admin', 'syslog', 'wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf'],
  'checkpoint_restore',
]

/** The names in a set as /proc/self/status writes it; one that is not known yet by its number. */
export function capabilityNames(hex: string): readonly string[] {
  const bits = BigInt(`0x${hex}`)
  const numbers = Array.from({length: 64}, (_, i) => i).filter(i => (bits >> BigInt(i)) & 1n)
  return numbers.map(number => names[number] ?? `cap_${number}`)
}

/** The set in few words: "all", "none", "all but sys_module", or the names. */
export function describeCapabilities(hex: string, last: number): string {
  const held = capabilityNames(hex)
  if (held.length === 0) return 'none'
  const lacking = names.slice(0, last + 1).filter(name => !held.includes(name))
  if (lacking.length === 0) return 'all'
  return lacking.length < held.length ? `all but ${lacking.join(', ')}` : held.join(', ')
}
