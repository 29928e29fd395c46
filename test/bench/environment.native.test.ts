import {describe, expect, it} from 'vitest'
import {readEnvironment, tracerPid} from '../../dist/bench/environment.js'
import {meminfo, onMachine} from '../helpers/machine.js'

const GiB = 2 ** 30

const x86 = {
  '/proc/cpuinfo': `processor\t: 0
vendor_id\t: GenuineIntel
model\t\t: 85
model name\t: Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz
flags\t\t: fpu vme sse sse2

processor\t: 1
model name\t: Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz`,
  '/proc/self/status': 'Name:\tnode\nTracerPid:\t0\nCpus_allowed_list:\t0-1',
  '/proc/sys/kernel/osrelease': '6.1.0-28-amd64',
  '/proc/meminfo': meminfo({MemTotal: 8 * GiB, MemFree: GiB, MemAvailable: 6 * GiB, SwapTotal: 2 * GiB}),
  '/proc/loadavg': '0.42 0.31 0.18 2/174 12345',
  '/proc/sys/vm/overcommit_memory': '0',
  '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never',
  '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'performance',
}

const arm = {
  '/proc/cpuinfo': `processor\t: 0
BogoMIPS\t: 243.75
Features\t: fp asimd
CPU implementer\t: 0x41
CPU architecture: 8
CPU part\t: 0xd0c`,
  '/proc/self/status': 'Name:\tnode\nTracerPid:\t77\nCpus_allowed_list:\t0,2-3,8-15',
}

describe('the environment', () => {
  it('is what the files of the machine tell', () => {
    onMachine(x86, ({read}) => {
      const {libc, versions, arch, ...machine} = readEnvironment(read)
      expect(machine).toEqual({
        kernel: '6.1.0-28-amd64',
        cpu: {model: 'Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz', count: 2, governor: 'performance'},
        virtualisation: 'none',
        memory: {totalBytes: 8 * GiB, availableBytes: 6 * GiB, swapBytes: 2 * GiB},
        hugePages: 'madvise',
        overcommit: 0,
        loadAverage: [0.42, 0.31, 0.18],
      })
      expect([arch, versions.node]).toEqual([process.arch, process.versions.node])
      expect(versions.spawnctl).toMatch(/^\d+\.\d+\.\d+/)
      expect(libc).toMatch(/^(glibc|musl) \d+\.\d+/)
    })
  })

  it('is full of gaps where the machine does not tell, and an error nowhere', () => {
    onMachine({}, ({read}) => {
      expect(readEnvironment(read)).toMatchObject({
        kernel: 'unknown',
        cpu: {model: 'unknown', count: 1, governor: null},
        virtualisation: 'none',
        memory: {totalBytes: 0, availableBytes: 0, swapBytes: 0},
        hugePages: null,
        overcommit: null,
        loadAverage: [0, 0, 0],
      })
      expect(tracerPid(read)).toBe(0)
    })
  })

  it('names a processor of Arm, and counts those that may be used', () => {
    onMachine(arm, ({read}) => {
      expect(readEnvironment(read).cpu).toEqual({model: 'Neoverse-N1', count: 11, governor: null})
      expect(tracerPid(read)).toBe(77)
    })
    const other = {...arm, '/proc/cpuinfo': arm['/proc/cpuinfo'].replace('0x41', '0x61')}
    onMachine(other, ({read}) => {
      expect(readEnvironment(read).cpu.model).toBe('CPU implementer 0x61, part 0xd0c')
    })
  })

  it('is that of this machine, when it is asked', () => {
    const {kernel, cpu, memory, loadAverage} = readEnvironment()
    expect(kernel).not.toBe('unknown')
    expect(cpu.model).not.toBe('unknown')
    expect(cpu.count).toBeGreaterThan(0)
    expect(memory.availableBytes).toBeGreaterThan(0)
    expect(memory.totalBytes).toBeGreaterThan(memory.availableBytes)
    expect(loadAverage.every(load => load >= 0)).toBe(true)
  })
})
