import {describe, expect, it} from 'vitest'
import {forCaller} from '../../src/methods/diagnosis/sudo.js'

describe('advice that begins with sudo', () => {
  it.each([
    ['sudo, or a user namespace: --unshare user', 'a user namespace: --unshare user'],
    ['sudo; or in a delegated one: systemd-run', 'in a delegated one: systemd-run'],
    ['run it with sudo, and leave setpcap in', 'leave setpcap in'],
    ['run it with sudo', ''],
    ['sudo', ''],
    ['sudo sysctl -w user.max_net_namespaces=10000', 'sysctl -w user.max_net_namespaces=10000'],
    ['sudoku', 'sudoku'],
    ['check the path, or sudo', 'check the path, or sudo'],
  ])('is, for root, without it: %s', (next, forRoot) => {
    expect(forCaller(next, true)).toBe(forRoot)
    expect(forCaller(next, false)).toBe(next)
  })
})
