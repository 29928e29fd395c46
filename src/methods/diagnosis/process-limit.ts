import {capabilitySet} from '../../plan/capability-names.js'
import {readText} from '../read-text.js'
import {softLimit} from '../soft-limit.js'

type Read = (path: string) => string | undefined

const CAP_SYS_ADMIN = 21
const CAP_SYS_RESOURCE = 24

/** Whether it is another one than the machine’s own, in which every id is its own. */
export function isInUserNamespace(read: Read = readText): boolean {
  const map = read('/proc/self/uid_map')
  return map !== undefined && !/^\s*0\s+0\s+4294967295$/.test(map.trimEnd())
}

/**
 * Whether RLIMIT_NPROC does not bind a user: the machine’s own root, and who has one of two capabilities there. In a user
 * namespace other than the initial one every capability is for what belongs to that alone.
 * @param read another one only in tests
 */
export function isUnbound(uid: number, read: Read = readText): boolean {
  const effective = capabilitySet(read('/proc/self/status') ?? '', 'CapEff')
  return (
    !isInUserNamespace(read) && (uid === 0 || [CAP_SYS_ADMIN, CAP_SYS_RESOURCE].some(one => effective.includes(one)))
  )
}

/** The soft limit RLIMIT_NPROC; undefined where there is none, or none that binds this user. */
export function bindingProcessLimit(): number | undefined {
  return isUnbound(process.getuid?.() ?? 0) ? undefined : softLimit('Max processes')
}
