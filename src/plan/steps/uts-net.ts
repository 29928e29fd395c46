import {UsageError} from '../../errors.js'
import {isOn, lastValue} from '../option.js'
import type {StepKind} from '../step.js'
import {needsOwn} from './unshare.js'

const AF_INET = 2
const SOCK_DGRAM_CLOEXEC = 0o2000002
const SIOCSIFFLAGS = 0x8914
const IFF_UP = 1
const ifreqBytes = 40
const nameBytes = 16
/** The kernel's __NEW_UTS_LEN. */
const mostNameBytes = 64

export const hostname: StepKind<'hostname'> = {
  kind: 'hostname',
  summary: 'The host’s name, in a new uts namespace.',
  options: [{name: 'hostname', value: 'NAME', summary: 'the host’s name in the new uts namespace'}],
  read(values) {
    const name = lastValue(values, 'hostname')
    if (name === undefined) return undefined
    if (name === '' || Buffer.byteLength(name) > mostNameBytes)
      throw new UsageError(`--hostname wants a name of 1 to ${mostNameBytes} bytes, not "${name}"`, {
        why: `it has ${Buffer.byteLength(name)}, and the kernel keeps no more than ${mostNameBytes} (__NEW_UTS_LEN)`,
        next: '--unshare uts --hostname box',
      })
    return {kind: 'hostname', name}
  },
  check: (_, steps) => needsOwn('uts', 'a host’s name', steps),
  lower: ({name}, script) => script.call('sethostname', [script.pool.text(name), Buffer.byteLength(name)]),
  posixSpawnRefuses: () => 'it has no attribute for namespaces',
  describe: ({name}) => `host name ${name}`,
}

/** struct ifreq of lo, with its flags. */
function upRequest(): Uint8Array {
  const request = Buffer.alloc(ifreqBytes)
  request.write('lo')
  request.writeUInt16LE(IFF_UP, nameBytes)
  return request
}

export const loopback: StepKind<'loopback'> = {
  kind: 'loopback',
  summary: 'The loopback interface of a new net namespace, which is down at first.',
  options: [{name: 'loopback', summary: 'bring up 127.0.0.1 and ::1 in the new net namespace'}],
  read: values => (isOn(values, 'loopback') ? {kind: 'loopback'} : undefined),
  check: (_, steps) => needsOwn('net', 'the loopback interface', steps),
  lower(_, script) {
    const socket = script.slot()
    script.call('socket', [AF_INET, SOCK_DGRAM_CLOEXEC, 0], {save: socket})
    script.call('ioctl', [socket, SIOCSIFFLAGS, script.pool.bytes(upRequest())])
    script.call('close', [socket])
  },
  posixSpawnRefuses: () => 'it has no attribute for namespaces',
  describe: () => 'loopback up',
}
