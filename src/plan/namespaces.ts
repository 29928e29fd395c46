import {UsageError} from '../errors.js'

/** Names as unshare(1) has them, flags as clone(2) and setns(2) have them; in the order in which setns joins them. */
export const namespaceFlags = {
  user: 0x10000000,
  mount: 0x00020000,
  uts: 0x04000000,
  ipc: 0x08000000,
  pid: 0x20000000,
  cgroup: 0x02000000,
  net: 0x40000000,
  time: 0x00000080,
} as const

export type Namespace = keyof typeof namespaceFlags
export const namespaces = Object.keys(namespaceFlags) as readonly Namespace[]

/**
 * These begin after the creation of the child in any case, by unshare: that of the control group at the one that was
 * entered, and clone(2) has no room for the flag of time.
 */
export const neverAtCreation: readonly Namespace[] = ['cgroup', 'time']

/** As clone(2) spells its flag: "CLONE_NEWUSER". */
export function namespaceFlagName(namespace: Namespace): string {
  return namespace === 'mount' ? 'CLONE_NEWNS' : `CLONE_NEW${namespace.toUpperCase()}`
}

/** "mnt" is what /proc/PID/ns and `ip netns` call it. */
export function readNamespace(text: string, option: string): Namespace {
  const name = text === 'mnt' ? 'mount' : text
  if (Object.hasOwn(namespaceFlags, name)) return name as Namespace
  throw new UsageError(`--${option} does not know the namespace "${text}"`, {
    next: `with commas: ${namespaces.join(',')}`,
  })
}

/** The file below /proc/PID/ns. */
export function namespaceFile(namespace: Namespace): string {
  return namespace === 'mount' ? 'mnt' : namespace
}

export function flagsOf(list: readonly Namespace[]): number {
  return list.reduce((flags, namespace) => flags | namespaceFlags[namespace], 0)
}
