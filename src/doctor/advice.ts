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

/**
 * For what a capability allows.
 * @param ofNamespace it counts in a user namespace as well, for what belongs to it
 */
export function needsRight(capability: string, ofNamespace: boolean): string {
  const held = `run it with ${capability}: root has it, unless a container took it away`
  return ofNamespace ? `${held}; or with --unshare user, where the program has it` : held
}
