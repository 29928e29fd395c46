import {describe, expect, it} from 'vitest'
import {controllersFor, ownCgroups, parseMembership, settings, treeOf} from '../../src/methods/cgroup-tree.js'

describe('where cgroups are', () => {
  it('is read from mountinfo, whichever versions are mounted', () => {
    const lines = [
      '64 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
      '30 23 0:26 / /sys/fs/cgroup/unified rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate',
      '31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
      '32 23 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
    ]
    expect(treeOf(lines.join('\n'), '8:pids:/a\n2:cpu,cpuacct:/\n0::/user.slice\n')).toEqual({
      mounts: {
        unified: '/sys/fs/cgroup/unified',
        legacy: {
          cpu: '/sys/fs/cgroup/cpu,cpuacct',
          cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
          pids: '/sys/fs/cgroup/pids',
        },
      },
      own: {unified: '/user.slice', legacy: {cpu: '/', cpuacct: '/', pids: '/a'}},
    })
    expect(treeOf('64 1 254:0 / / rw - ext4 /dev/vda rw\n', '0::/')).toEqual({
      mounts: {unified: undefined, legacy: {}},
      own: {unified: undefined, legacy: {}},
    })
  })

  const seenFrom = (mounts: readonly string[], membership: string) =>
    treeOf(mounts.map((mount, i) => `3${i} 23 0:26 ${mount}`).join('\n'), membership)

  it.each([
    ['/docker/1', '/docker/1', '/'],
    ['/docker/1', '/docker/1/app', '/app'],
    ['/docker/1', '/docker/12', undefined],
    ['/docker/1', '/', undefined],
    ['/', '/../user.slice', undefined],
    ['/../..', '/', undefined],
  ])('is told from the root of a mount: %s shows %s as %s', (root, cgroup, name) => {
    const {mounts, own} = seenFrom(
      [`${root} /cg rw - cgroup2 cgroup2 rw`, `${root} /cg1 rw - cgroup cgroup rw,pids`],
      `0::${cgroup}\n5:pids:${cgroup}\n`,
    )
    expect(mounts).toEqual({unified: '/cg', legacy: {pids: '/cg1'}})
    expect(own).toEqual({unified: name, legacy: name === undefined ? {} : {pids: name}})
  })

  it('is the mount that shows the caller’s own, of several', () => {
    const {mounts, own} = seenFrom(
      ['/other /part rw - cgroup2 cgroup2 rw', '/mine /my\\040part rw - cgroup2 cgroup2 rw'],
      '0::/mine/shell',
    )
    expect([mounts.unified, own.unified]).toEqual(['/my part', '/shell'])
  })

  it('is read from the process’s own list', () => {
    expect(parseMembership('8:pids:/a\n1:cpu,cpuacct:/b:c\n1:name=systemd:/\n0::/user.slice\n')).toEqual({
      unified: '/user.slice',
      legacy: {pids: '/a', cpu: '/b:c', cpuacct: '/b:c', 'name=systemd': '/'},
    })
    expect(parseMembership('')).toEqual({unified: undefined, legacy: {}})
  })
})

describe('the caller’s own cgroups', () => {
  const files: Record<string, string> = {
    '/proc/self/mountinfo':
      '30 23 0:26 /box /cg rw - cgroup2 cgroup2 rw\n31 23 0:27 / /pids rw - cgroup cgroup rw,pids',
    '/proc/self/cgroup': '5:pids:/\n0::/box/app/shell\n',
  }
  const read = (file: string) => files[file]

  it('are directories, up to where the mount begins', () => {
    expect(ownCgroups(undefined, read)).toEqual(['/cg/app/shell', '/cg/app', '/cg'])
    expect(ownCgroups('pids', read)).toEqual(['/pids'])
    expect(ownCgroups('memory', read)).toEqual([])
    expect(ownCgroups(undefined, () => undefined)).toEqual([])
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
