import {describe, expect, it} from 'vitest'
import {controllersFor, parseMembership, parseMounts, settings} from '../../src/methods/cgroup-tree.js'

describe('where cgroups are', () => {
  it('is read from mountinfo, whichever versions are mounted', () => {
    const lines = [
      '64 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
      '30 23 0:26 / /sys/fs/cgroup/unified rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate',
      '31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
      '32 23 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
    ]
    expect(parseMounts(lines.join('\n'))).toEqual({
      unified: '/sys/fs/cgroup/unified',
      legacy: {
        cpu: '/sys/fs/cgroup/cpu,cpuacct',
        cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
        pids: '/sys/fs/cgroup/pids',
      },
    })
    expect(parseMounts('64 1 254:0 / / rw - ext4 /dev/vda rw\n')).toEqual({unified: undefined, legacy: {}})
  })

  it('is read from the process’s own list', () => {
    expect(parseMembership('8:pids:/a\n1:cpu,cpuacct:/b:c\n1:name=systemd:/\n0::/user.slice\n')).toEqual({
      unified: '/user.slice',
      legacy: {pids: '/a', cpu: '/b:c', cpuacct: '/b:c', 'name=systemd': '/'},
    })
    expect(parseMembership('')).toEqual({unified: undefined, legacy: {}})
  })
})

describe('limits', () => {
  const limits = {memoryMax: 4096, pidsMax: 5, cpuMax: {quotaUs: 50_000, periodUs: 100_000}}

  it('need their controllers', () => {
    expect(controllersFor(limits)).toEqual(['memory', 'pids', 'cpu'])
    expect(controllersFor({pidsMax: 5})).toEqual(['pids'])
  })

  it.each([
    [2, ['/g/memory.max 4096', '/g/pids.max 5', '/g/cpu.max 50000 100000']],
    [1, ['/g/memory.limit_in_bytes 4096', '/g/pids.max 5', '/g/cpu.cfs_period_us 100000', '/g/cpu.cfs_quota_us 50000']],
  ] as const)('are these files in version %i', (version, files) => {
    const all = controllersFor(limits).flatMap(controller => settings(controller, limits, '/g', version))
    expect(all.map(({file, text}) => `${file} ${text}`)).toEqual(files)
  })
})
