import {capabilityName} from '../capability-names.js'
import type {SyscallName} from '../syscalls.js'
import {type Format, flags, named, number, plain, signal, words} from './values.js'

const securebits = flags({
  1: 'SECBIT_NOROOT',
  2: 'SECBIT_NOROOT_LOCKED',
  4: 'SECBIT_NO_SETUID_FIXUP',
  8: 'SECBIT_NO_SETUID_FIXUP_LOCKED',
  16: 'SECBIT_KEEP_CAPS',
  32: 'SECBIT_KEEP_CAPS_LOCKED',
  64: 'SECBIT_NO_CAP_AMBIENT_RAISE',
  128: 'SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED',
})

const constantOf = (capability: number) => `CAP_${capabilityName(capability).toUpperCase()}`
const capability: Format = value => constantOf(number(value))

/** linux/prctl.h: the name of what is done, and how its own arguments read. */
const prctls: Readonly<Record<number, readonly [name: string, ...formats: Format[]]>> = {
  1: ['PR_SET_PDEATHSIG', signal],
  8: ['PR_SET_KEEPCAPS', plain],
  24: ['PR_CAPBSET_DROP', capability],
  28: ['PR_SET_SECUREBITS', securebits],
  29: ['PR_SET_TIMERSLACK', plain],
  38: ['PR_SET_NO_NEW_PRIVS', plain, plain, plain, plain],
  47: [
    'PR_CAP_AMBIENT',
    named({2: 'PR_CAP_AMBIENT_RAISE', 4: 'PR_CAP_AMBIENT_CLEAR_ALL'}),
    (value, all) => (number(all[1]) === 2 ? capability(value, all) : plain(value, all)),
    plain,
    plain,
  ],
}
const prctlName: Format = (value, all) => prctls[number(value)]?.[0] ?? plain(value, all)
const prctlArgument =
  (i: number): Format =>
  (value, all) => {
    const known = prctls[number(all[0])]
    const format = known === undefined ? plain : (known[i] as Format | undefined)
    return format === undefined ? '' : format(value, all)
  }

/** The lower 32 capabilities of a set, and the others. */
function capabilitySet(low: bigint, high: bigint): string {
  const bits = low | (high << 32n)
  const held = Array.from({length: 64}, (_, i) => i).filter(i => (bits >> BigInt(i)) & 1n)
  return held.map(i => `1<<${constantOf(i)}`).join('|') || '0'
}

/** Three sets, of which the lower halves come first. */
const capabilitySets: Format = value => {
  const [e0 = 0n, p0 = 0n, i0 = 0n, e1 = 0n, p1 = 0n, i1 = 0n] = words(value, 32)
  return `{effective=${capabilitySet(e0, e1)}, permitted=${capabilitySet(p0, p1)}, inheritable=${capabilitySet(i0, i1)}}`
}
const capabilityHead: Format = value => `{version=_LINUX_CAPABILITY_VERSION_3, pid=${words(value, 32)[1]}}`

/** strace's way of writing the calls that say what the child may do. */
export const credentialFormats: Readonly<Partial<Record<SyscallName, readonly Format[]>>> = {
  capset: [capabilityHead, capabilitySets],
  prctl: [prctlName, prctlArgument(1), prctlArgument(2), prctlArgument(3), prctlArgument(4)],
}
