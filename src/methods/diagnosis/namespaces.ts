import type {Advice} from '../../errors.js'
import {stepKinds} from '../../plan/housekeeping.js'
import {namespaceFile, namespaceFlags} from '../../plan/namespaces.js'
import type {Step} from '../../plan/step.js'
import {readText} from '../read-text.js'

type Read = (path: string) => string | undefined

/** Settings that say no to user namespaces, by the value with which they do. */
const switches: readonly {sysctl: string; no: string; yes: string; why: string}[] = [
  {
    sysctl: 'kernel.unprivileged_userns_clone',
    no: '0',
    yes: '1',
    why: 'this kernel keeps user namespaces for root',
  },
  {
    sysctl: 'kernel.apparmor_restrict_unprivileged_userns',
    no: '1',
    yes: '0',
    why: 'AppArmor lets only programs with a profile do something in a user namespace',
  },
]

/** As many as most distributions allow a small machine. */
const usualNamespaces = 10_000

export function raiseNamespaceLimit(sysctl: string): string {
  return `sysctl -w ${sysctl}=${usualNamespaces}`
}

/** Names the sysctl that refuses a namespace, or undefined when none of them does. */
export function explainNamespaces(step: Step, errno: string, read: Read = readText): Advice | undefined {
  const isAffected = ['unshare', 'hostname', 'loopback', 'mounts', 'root'].includes(step.kind)
  if (!isAffected) return undefined
  const settingOf = (sysctl: string) => read(`/proc/sys/${sysctl.replaceAll('.', '/')}`)?.trim()
  if (step.kind === 'unshare' && (errno === 'ENOSPC' || errno === 'EUSERS')) {
    const namespace = step.namespaces.find(name => settingOf(`user.max_${namespaceFile(name)}_namespaces`) === '0')
    if (namespace === undefined) return undefined
    const sysctl = `user.max_${namespaceFile(namespace)}_namespaces`
    return {why: `${sysctl} is 0: no ${namespace} namespaces here`, next: `sudo ${raiseNamespaceLimit(sysctl)}`}
  }
  if (errno !== 'EPERM' && errno !== 'EACCES') return undefined
  if (step.kind === 'unshare' && !step.namespaces.includes('user')) return undefined
  const refusing = switches.find(({sysctl, no}) => settingOf(sysctl) === no)
  return (
    refusing && {
      why: `${refusing.sysctl} is ${refusing.no}: ${refusing.why}`,
      next: `sudo sysctl -w ${refusing.sysctl}=${refusing.yes}`,
    }
  )
}

/** A step before the namespaces that had to be done in them: the user namespace began with the creation of the child. */
export function explainInside(step: Step, errno: string, cloneFlags: number): Advice | undefined {
  const order = stepKinds.map(({kind}) => kind)
  const isBefore = order.indexOf(step.kind) < order.indexOf('unshare')
  if (!isBefore || !(cloneFlags & namespaceFlags.user) || (errno !== 'EPERM' && errno !== 'EACCES')) return undefined
  return {
    why: 'it needs a right of outside, and with a new pid namespace the new user namespace begins before it',
    next: '--method fork, whose child makes the namespaces after this step',
  }
}
