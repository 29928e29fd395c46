import {describe, expect, it} from 'vitest'
import {advise, type Caller} from '../../src/methods/diagnosis/rights.js'
import {allCapabilities} from '../../src/plan/capability-names.js'
import {kindOf} from '../../src/plan/housekeeping.js'
import type {Step} from '../../src/plan/step.js'

const [SETPCAP, SYS_CHROOT, SYS_ADMIN, SYS_NICE] = [8, 18, 21, 23]
const rootWithout = (...lacking: readonly number[]): Caller => ({
  isRoot: true,
  effective: allCapabilities(40).filter(capability => !lacking.includes(capability)),
  sharesUserNamespace: () => false,
})
const ordinary: Caller = {isRoot: false, effective: [], sharesUserNamespace: () => false}

function told(step: Step, caller: Caller, before: readonly Step[] = [], errno = 'EPERM') {
  const known = kindOf(step).explain?.(step, errno) ?? {}
  return advise(step, [...before, step], errno, known, caller)
}

const chroot: Step = {kind: 'root', path: '/srv', by: 'chroot'}
const joinNet: Step = {kind: 'join', targets: [{pid: 297, namespaces: ['net']}]}
const joinUser: Step = {kind: 'join', targets: [{pid: 297, namespaces: ['user', 'net']}]}
const securebits: Step = {kind: 'securebits', bits: 1}
const unshare = (...namespaces: ('user' | 'net')[]): Step => ({kind: 'unshare', namespaces})

describe('root', () => {
  it.each([
    {step: chroot, lacking: SYS_CHROOT, name: 'SYS_CHROOT', rest: 'a user namespace: --unshare user --map-root-user'},
    {step: unshare('net'), lacking: SYS_ADMIN, name: 'SYS_ADMIN', rest: 'add user to it: --unshare user,net'},
    {step: joinNet, lacking: SYS_ADMIN, name: 'SYS_ADMIN', rest: 'name user as well: --join 297:user,net'},
    {step: securebits, lacking: SETPCAP, name: 'SETPCAP', rest: 'leave setpcap in'},
    {step: {kind: 'sched', policy: 'rr', priority: 1} as Step, lacking: SYS_NICE, name: 'SYS_NICE', rest: 'raise'},
  ])('that lacks CAP_$name is told so, and not sent to sudo: $step.kind', ({step, lacking, name, rest}) => {
    const {why, next} = told(step, rootWithout(lacking))
    expect(why).toMatch(new RegExp(`^root lacks CAP_${name} here; `))
    expect(next).toContain(`start spawnctl with CAP_${name} (a container: --cap-add ${name}); or ${rest}`)
    expect(next).not.toContain('sudo')
  })

  it.each([chroot, joinNet, joinUser, {kind: 'setuid', uid: 1} as Step])(
    'that has the capability is told to look for something else: $kind',
    step => {
      const {why, next = ''} = told(step, rootWithout())
      expect(why).toMatch(/^root has CAP_\w+.* here, so something else refuses/)
      expect(next).not.toContain('sudo')
    },
  )

  it('is not told of capabilities that do not count in the user namespace of the program', () => {
    const {why} = told(chroot, rootWithout(SYS_CHROOT), [unshare('user')])
    expect(why).toBe('chroot needs CAP_SYS_CHROOT')
  })

  it('is told that --cap-drop took setpcap', () => {
    const dropped: Step = {kind: 'capabilities', permitted: [], inheritable: []}
    expect(told(securebits, rootWithout(), [dropped])).toMatchObject({
      why: expect.stringMatching(/^root lacks CAP_SETPCAP here; .*--cap-drop/),
      next: 'leave setpcap in',
    })
  })

  it('is not told of a policy where a locked bit may be the reason', () => {
    expect(told(securebits, rootWithout()).why).toContain('a bit is locked')
  })

  it('sets a sysctl itself', () => {
    const known = {why: 'none', next: 'sudo sysctl -w user.max_net_namespaces=10000'}
    expect(advise(unshare('net'), [], 'ENOSPC', known, rootWithout()).next).toBe(
      'sysctl -w user.max_net_namespaces=10000',
    )
  })
})

describe('an ordinary user', () => {
  it('is sent to sudo', () => {
    expect(told(chroot, ordinary).next).toMatch(/^sudo, or a user namespace/)
  })

  it.each([
    {step: joinNet, next: 'sudo, or name user as well: --join 297:user,net'},
    {step: joinUser, next: 'sudo'},
    {
      step: {kind: 'join', targets: [{path: '/run/netns/a'}]} as Step,
      next: 'sudo, or name user as well: --join PID:user, before the others',
    },
  ])('is told to enter the user namespace only where it was not named', ({step, next}) => {
    expect(told(step, ordinary).next).toBe(next)
  })

  it('is not told to enter the user namespace that it is in', () => {
    expect(told(joinNet, {...ordinary, sharesUserNamespace: () => true}).next).toBe('sudo')
  })
})
