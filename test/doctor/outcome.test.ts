import {constants} from 'node:os'
import {describe, expect, it} from 'vitest'
import {summarizeCapabilities} from '../../src/doctor/capabilities.js'
import {kernelHas} from '../../src/doctor/machine.js'
import {outcomeOf} from '../../src/doctor/outcome.js'
import {isUnbound} from '../../src/methods/diagnosis/process-limit.js'
import type {ProbeResult} from '../../src/native/probe.js'

const {ENOSYS, EPERM, EINVAL, ENOTTY, EAGAIN, ENOMEM, EMFILE, ENFILE} = constants.errno
const result: ProbeResult = {
  end: 'failed',
  errno: 0,
  failedStep: 0,
  waitStatus: 0,
  sharesMemory: false,
  hasPidfd: false,
  forkNs: 0,
}
const tried = {named: () => 'call', since: '99.0', timeoutMs: 10}

describe('what an attempt’s end means', () => {
  it.each([
    [ENOSYS, 'missing', 'call: function not implemented (ENOSYS); Linux has it since 99.0'],
    [EINVAL, 'missing', 'call: invalid argument (EINVAL); Linux has it since 99.0'],
    [EPERM, 'refused', 'call: operation not permitted (EPERM)'],
    [ENOTTY, 'unknown', 'call: inappropriate ioctl for device (ENOTTY)'],
  ])('errno %i is %s', (errno, state, evidence) => {
    expect(outcomeOf({...result, errno}, tried)).toMatchObject({state, evidence})
  })

  it.each([
    [EAGAIN, 'EAGAIN', /limit .* processes/, /ulimit -u|pids\.max|kernel\.pid_max/],
    [ENOMEM, 'ENOMEM', /out of memory/, /meminfo/],
    [EMFILE, 'EMFILE', /RLIMIT_NOFILE/, /ulimit -n/],
    [ENFILE, 'ENFILE', /whole system/, /file-nr/],
  ])('errno %i is a want, which tells nothing of the call', (errno, name, limit, next) => {
    for (const end of ['failed', 'not-created', 'untried'] as const)
      expect(outcomeOf({...result, end, errno}, tried)).toEqual({
        state: 'unknown',
        errno: name,
        evidence: expect.stringMatching(limit),
        next: expect.stringMatching(next),
      })
  })

  it('SIGSYS is a filter’s refusal, any other death is not known', () => {
    const killed = (waitStatus: number) => outcomeOf({...result, end: 'killed', waitStatus}, tried)
    expect(killed(constants.signals.SIGSYS)).toMatchObject({state: 'refused'})
    expect(killed(constants.signals.SIGSEGV | 0x80)).toMatchObject({
      state: 'unknown',
      evidence: expect.stringMatching(/SIGSEGV/),
    })
    expect(killed(0)).toMatchObject({state: 'unknown', evidence: expect.stringMatching(/ended before it was done/)})
  })

  it('without a child to try it in nothing is known', () => {
    const outcome = outcomeOf({...result, end: 'untried', errno: EAGAIN}, tried)
    expect(outcome).toMatchObject({
      state: 'unknown',
      errno: 'EAGAIN',
      evidence: expect.stringMatching(/no child to try it in/),
    })
  })
})

describe('capabilities', () => {
  it('are described in few words', () => {
    expect(summarizeCapabilities('0', 40)).toBe('none')
    expect(summarizeCapabilities('1ffffffffff', 40)).toBe('all')
    expect(summarizeCapabilities('1fffeffffff', 40)).toBe('all but sys_resource')
    expect(summarizeCapabilities('c0', 40)).toBe('setgid,setuid')
    expect(summarizeCapabilities('8000000000000000', 40)).toBe('cap_63')
  })
})

describe('the limit on processes', () => {
  const initial = '         0          0 4294967295'
  const [sysAdmin, sysResource, all] = ['0000000000200000', '0000000001000000', '000001ffffffffff']
  it.each([
    ['root of the machine', 0, initial, '0', true],
    ['root of a user namespace', 0, '         0       1000          1', all, false],
    ['an ordinary user', 1000, initial, '0', false],
    ['a user with CAP_SYS_ADMIN', 1000, initial, sysAdmin, true],
    ['a user with CAP_SYS_RESOURCE', 1000, initial, sysResource, true],
    ['the same in a user namespace', 1000, '      1000       1000          1', sysResource, false],
  ])('binds %s, or does not', (_, uid, map, effective, unbound) => {
    const files: Record<string, string> = {
      '/proc/self/uid_map': map,
      '/proc/self/status': `Name:\tnode\nCapEff:\t${effective}\n`,
    }
    expect(isUnbound(uid, file => files[file])).toBe(unbound)
  })
})

describe('the kernel’s version', () => {
  it('is compared by numbers', () => {
    expect(kernelHas('2.6')).toBe(true)
    expect(kernelHas('999.0')).toBe(false)
  })
})
