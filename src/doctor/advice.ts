import {isInUserNamespace} from '../methods/diagnosis/process-limit.js'
import {isFiltered} from './machine.js'
import type {NotWell} from './outcome.js'

const container =
  'docker and podman: a current version, whose default profile knows it, or --security-opt seccomp=PROFILE.json'

/** For a call that either the kernel does not have, or a filter does not let through. */
export function allow(call: string, since: string): (outcome: NotWell) => string {
  return ({state, errno}) => {
    if (state === 'unknown') return `strace -f -e trace=${call} spawnctl doctor shows what it answers`
    if (state === 'refused' && isFiltered()) return `let the seccomp profile allow ${call} (${container})`
    if (errno === 'EPERM' || errno === 'EACCES')
      return `ask who made the security policy here (LSM, sandbox) for ${call}`
    return `Linux ${since} or later has it`
  }
}

/** The same for a call that asks for a right which a user namespace gives. */
export function asRootOrInUserNamespace(call: string, since: string): (outcome: NotWell) => string {
  return outcome =>
    outcome.errno === 'EPERM' && process.geteuid?.() !== 0
      ? 'run it as root, or make user namespaces work: with --unshare user an ordinary user gets it'
      : allow(call, since)(outcome)
}

/**
 * For what a capability allows.
 * @param instead how it is had in a user namespace of the program’s own; undefined where only the machine’s counts
 */
export function needsRight(capability: string, instead?: string): () => string {
  return () => {
    if (instead === undefined && isInUserNamespace())
      return `${capability} has to be held outside of this user namespace: start spawnctl there`
    const held = `run it with ${capability}: root has it, unless a container took it away`
    return instead === undefined ? held : `${held}; or ${instead}`
  }
}
