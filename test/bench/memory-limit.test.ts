import {describe, expect, it} from 'vitest'
import {carriersOf, fitToMachine} from '../../src/bench/memory-limit.js'
import {UsageError} from '../../src/errors.js'
import {meminfo, onMachine} from '../helpers/machine.js'

const MiB = 2 ** 20
const GiB = 2 ** 30

type Machine = Readonly<Record<string, string>>

function memory(availableBytes: number, more: Readonly<Record<string, number>> = {}): Machine {
  return {'/proc/meminfo': meminfo({MemTotal: 16 * GiB, MemAvailable: availableBytes, ...more})}
}

/** 8 GiB may be had: 256 MiB are left to the others. */
const roomy = memory(8 * GiB + 256 * MiB)
const base = {sweep: false, memoryBytes: [0], mappedBytes: [0], mappings: [0], threads: [0], thp: ['never'] as const}
type Request = Partial<Omit<typeof base, 'thp'>>

function fit(request: Request, carriers: number, machine: Machine) {
  return onMachine(machine, files => fitToMachine({...base, ...request}, carriers, files))
}

function refusalOf(request: Request, carriers: number, machine: Machine): UsageError {
  try {
    fit(request, carriers, machine)
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return error as UsageError
  }
  throw new Error('it was not refused')
}

/** "--memory 4032M at most", in bytes. */
function suggested({next}: UsageError): number {
  return Number(/^--memory (\d+)M at most/.exec(next ?? '')?.[1]) * MiB
}

const v2 = {
  '/proc/self/cgroup': '0::/outer/inner',
  '/proc/self/mountinfo': '30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw',
}
const inner = '/sys/fs/cgroup/outer/inner'
const outer = '/sys/fs/cgroup/outer'

function cgroup(directory: string, max: string, current: number, inactiveFile = 0): Machine {
  return {
    [`${directory}/memory.max`]: max,
    [`${directory}/memory.current`]: `${current}`,
    [`${directory}/memory.stat`]: `anon 1\ninactive_file ${inactiveFile}\nactive_file 9`,
  }
}

const v1 = {
  '/proc/self/cgroup': '4:memory:/box\n0::/',
  '/proc/self/mountinfo': '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '/sys/fs/cgroup/memory/box/memory.limit_in_bytes': `${2 * GiB}`,
  '/sys/fs/cgroup/memory/box/memory.usage_in_bytes': `${GiB}`,
  '/sys/fs/cgroup/memory/box/memory.stat': `cache 1\ntotal_inactive_file ${GiB / 2}`,
  '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
  '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${4 * GiB}`,
}

function limits(name: string, bytes: number): Machine {
  return {
    '/proc/self/limits': `Limit                     Soft Limit           Hard Limit           Units\n${name.padEnd(26)}${`${bytes}`.padEnd(21)}unlimited            bytes`,
    '/proc/self/status': `VmSize:\t ${(512 * MiB) / 1024} kB\nVmData:\t ${(64 * MiB) / 1024} kB`,
  }
}

/** The limit that says no, how it is named, and what it leaves room for with one process. */
const binding: readonly (readonly [string, Machine, RegExp, number])[] = [
  ['the machine', memory(GiB), /MemAvailable of \/proc\/meminfo, less 256 MiB for the others/, 768 * MiB],
  [
    'a small machine',
    {'/proc/meminfo': meminfo({MemTotal: GiB, MemAvailable: GiB / 2})},
    /less 102\.4 MiB/,
    409.6 * MiB,
  ],
  ['an old kernel', {'/proc/meminfo': meminfo({MemTotal: 16 * GiB, MemFree: GiB})}, /MemAvailable/, 768 * MiB],
  [
    'its cgroup',
    {...roomy, ...v2, ...cgroup(inner, `${2 * GiB}`, GiB), ...cgroup(outer, 'max', 0)},
    /\/outer\/inner\/memory\.max \(2 GiB\)/,
    GiB - 204.8 * MiB,
  ],
  [
    'a cgroup above, less what is cached',
    {...roomy, ...v2, ...cgroup(inner, 'max', 0), ...cgroup(outer, `${4 * GiB}`, 3 * GiB, GiB / 2)},
    /\/sys\/fs\/cgroup\/outer\/memory\.max \(4 GiB\)/,
    1.5 * GiB - 256 * MiB,
  ],
  [
    'what a cgroup is slowed down from',
    {...roomy, ...v2, ...cgroup(inner, 'max', GiB), [`${inner}/memory.high`]: `${2 * GiB}`},
    /memory\.high \(2 GiB\)/,
    GiB - 204.8 * MiB,
  ],
  ['a cgroup of version 1', {...roomy, ...v1}, /memory\.limit_in_bytes \(2 GiB\)/, 1.5 * GiB - 204.8 * MiB],
  [
    'RLIMIT_AS',
    {...roomy, ...limits('Max address space', GiB)},
    /RLIMIT_AS \(ulimit -v\), 1 GiB, of which Node takes 512 MiB/,
    512 * MiB,
  ],
  ['RLIMIT_DATA', {...roomy, ...limits('Max data size', GiB)}, /RLIMIT_DATA \(ulimit -d\), 1 GiB/, 960 * MiB],
  [
    'strict overcommit, with a fork’s copy',
    {...memory(8 * GiB, {CommitLimit: 4 * GiB, Committed_AS: GiB}), '/proc/sys/vm/overcommit_memory': '2'},
    /CommitLimit .*vm\.overcommit_memory is 2/,
    (3 * GiB - 256 * MiB) / 2,
  ],
]

describe('memory', () => {
  it.each(binding)('that %s does not have is refused, and what it has is not', (_, machine, limit, leaves) => {
    const most = suggested(refusalOf({memoryBytes: [0, 16 * GiB]}, 1, machine))
    expect(most).toBeLessThanOrEqual(leaves)
    expect(most).toBeGreaterThan(0.9 * leaves - 64 * MiB)
    expect(fit({memoryBytes: [0, most]}, 1, machine).fitting.memoryBytes).toEqual([0, most])
    expect(refusalOf({memoryBytes: [leaves + MiB]}, 1, machine).why).toMatch(limit)
  })

  it('is told how much was asked, how much there is, and what would do', () => {
    const {message, why, next} = refusalOf({memoryBytes: [0, 12 * GiB]}, 1, roomy)
    expect(message).toBe('12 GiB of touched memory: there is not that much memory to be had without swapping')
    expect(why).toBe(
      'it needs 12.0 GiB, page tables included; there are 8 GiB: MemAvailable of /proc/meminfo, less 256 MiB for the others',
    )
    expect(next).toBe('--memory 8128M at most')
  })

  it('is counted for everyone who holds it at the same time', () => {
    for (const carriers of [1, 2, 4]) {
      const most = suggested(refusalOf({memoryBytes: [16 * GiB]}, carriers, roomy))
      expect(most).toBeLessThan((8 * GiB) / carriers)
      expect(most).toBeGreaterThan((8 * GiB) / carriers - 128 * MiB)
    }
    const {why, next} = refusalOf({memoryBytes: [4 * GiB]}, 2, roomy)
    expect(why).toMatch(/^held by 2 processes at the same time it needs 8\.0 GiB/)
    expect(next).toMatch(/^--memory \d+M at most, or fewer --methods and --peers at a time$/)
  })

  it('of the address space is each process’s own', () => {
    const machine = {...roomy, ...limits('Max address space', 2 * GiB)}
    expect(fit({memoryBytes: [GiB]}, 4, machine).leftOut).toEqual([])
  })

  it('is named by the tightest limit', () => {
    const machine = {...memory(4 * GiB), ...v2, ...cgroup(inner, `${3 * GiB}`, 0), ...cgroup(outer, `${2 * GiB}`, 0)}
    expect(refusalOf({memoryBytes: [8 * GiB]}, 1, machine).why).toContain('/outer/memory.max')
  })

  it('may be anything where nothing limits it', () => {
    expect(fit({memoryBytes: [2 ** 45]}, 8, {}).fitting.memoryBytes).toEqual([2 ** 45])
  })

  it('that is merely mapped is not memory, but addresses', () => {
    expect(fit({mappedBytes: [64 * GiB]}, 1, roomy).leftOut).toEqual([])
    const {why, next} = refusalOf({mappedBytes: [64 * GiB]}, 1, {...roomy, ...limits('Max address space', GiB)})
    expect(why).toContain('RLIMIT_AS')
    expect(next).toBe('less of --memory, --mapped, --mappings and --threads')
  })

  it('is taken by mappings and threads too', () => {
    expect(refusalOf({mappings: [10_000]}, 1, memory(256 * MiB + 40 * MiB)).why).toMatch(/it needs 48\.8 MiB/)
    expect(refusalOf({threads: [1000]}, 1, memory(256 * MiB + 40 * MiB)).why).toMatch(/it needs 62\.5 MiB/)
  })
})

describe('a sweep', () => {
  const sizes = [0, GiB, 4 * GiB, 16 * GiB, 32 * GiB]

  it('leaves out the sizes that do not fit, and says so', () => {
    const {fitting, leftOut} = fit({sweep: true, memoryBytes: sizes}, 1, roomy)
    expect(fitting.memoryBytes).toEqual([0, GiB, 4 * GiB])
    expect(fitting).toMatchObject({sweep: true, mappings: [0]})
    expect(leftOut).toEqual([
      {
        code: 'left-out',
        message:
          'The sweep leaves out 16 GiB, 32 GiB: it needs 16.1 GiB, page tables included; there are 8 GiB: MemAvailable of /proc/meminfo, less 256 MiB for the others.',
        next: 'free some memory, or raise the limit',
      },
    ])
  })

  it('that fits says nothing', () => {
    expect(fit({sweep: true, memoryBytes: [0, GiB]}, 1, roomy).leftOut).toEqual([])
  })

  it('is refused where not the sizes are too much', () => {
    expect(refusalOf({sweep: true, memoryBytes: sizes, threads: [1000]}, 1, memory(256 * MiB)).why).toContain(
      'MemAvail',
    )
  })
})

describe('the number of', () => {
  const pids = {
    ...v2,
    [`${inner}/pids.max`]: 'max',
    [`${inner}/pids.current`]: '3',
    [`${outer}/pids.max`]: '120',
    [`${outer}/pids.current`]: '50',
  }
  const user = {
    '/proc/self/limits': 'Max processes             100                  100                  processes',
    '/proc/self/status': 'Uid:\t1000\t1000\t1000\t1000\nThreads:\t11\nCapEff:\t0000000000000000',
    '/proc/self/uid_map': '         0          0 4294967295',
    '/proc/12/status': 'Uid:\t1000\t1000\t1000\t1000\nThreads:\t30',
    '/proc/13/status': 'Uid:\t0\t0\t0\t0\nThreads:\t40',
  }
  const root = {...user, '/proc/self/status': 'Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff'}

  it.each<[string, Request, Machine, RegExp, string]>([
    [
      'mappings',
      {mappings: [0, 65_500]},
      {'/proc/sys/vm/max_map_count': '65530'},
      /vm\.max_map_count is 65530/,
      '--mappings 65430 at most',
    ],
    [
      'mappings beside threads',
      {mappings: [1000], threads: [100]},
      {'/proc/sys/vm/max_map_count': '1200'},
      /vm\.max_map_count is 1200/,
      '--mappings 900 at most',
    ],
    [
      'threads, for their stacks',
      {threads: [600]},
      {'/proc/sys/vm/max_map_count': '1100'},
      /vm\.max_map_count is 1100/,
      '--threads 500 at most',
    ],
    [
      'threads of a cgroup',
      {threads: [51]},
      pids,
      /\/outer\/pids\.max is 120, and 50 are there/,
      '--threads 50 at most',
    ],
    [
      'threads of a user',
      {threads: [51]},
      user,
      /RLIMIT_NPROC .* is 100, and this user has 30/,
      '--threads 50 at most',
    ],
    [
      'threads of the machine',
      {threads: [1000]},
      {'/proc/sys/kernel/threads-max': '1000', '/proc/loadavg': '0 0 0 1/180 99'},
      /kernel\.threads-max is 1000, and 180 are there/,
      '--threads 800 at most',
    ],
    [
      'process ids',
      {threads: [1000]},
      {'/proc/sys/kernel/pid_max': '120', '/proc/loadavg': '0 0 0 1/180 99'},
      /kernel\.pid_max/,
      'raise it, or leave --threads out',
    ],
  ])('%s is limited', (_, request, machine, why, next) => {
    const error = refusalOf(request, 1, machine)
    expect(error.why).toMatch(why)
    expect(error.next).toBe(next)
    const [, option, count] = /^--(\w+) (\d+) at most$/.exec(next) ?? []
    if (option !== undefined) expect(fit({...request, [option]: [Number(count)]}, 1, machine).leftOut).toEqual([])
  })

  it('a user’s processes does not bind root, unless of a user namespace', () => {
    expect(fit({threads: [5000]}, 1, root).leftOut).toEqual([])
    const namespace = {...root, '/proc/self/uid_map': '         0       1000          1'}
    expect(refusalOf({threads: [5000]}, 1, namespace).why).toContain('RLIMIT_NPROC')
  })
})

describe('those who hold the memory', () => {
  it.each([
    [['fork', 'zygote'], [], 1],
    [['node:child_process', 'spawnctl library'], [], 1],
    [['fork', 'node:child_process'], [], 2],
    [['fork', 'node:child_process'], ['rust', 'go'], 4],
  ])('for %j and %j are %i', (rows, peers, carriers) => {
    expect(carriersOf({rows, peers})).toBe(carriers)
  })
})

describe('this machine', () => {
  it('has room for nothing, and for a page', () => {
    expect(fitToMachine({...base, memoryBytes: [0, 4096]}, 3).fitting.memoryBytes).toEqual([0, 4096])
  })

  it('has no room for a pebibyte', () => {
    expect(() => fitToMachine({...base, memoryBytes: [2 ** 50]}, 1)).toThrow(UsageError)
  })
})
