import {createRequire} from 'node:module'
import {machineFiles, meminfoBytes, type ReadText, readNumber, statusField} from './machine/files.js'
import {libcVersion} from './machine/libc.js'
import {processor} from './machine/processor.js'
import {virtualisation} from './machine/virtualisation.js'

/** The machine as far as it bears on the figures; null where it does not tell. */
export interface Environment {
  readonly kernel: string
  readonly arch: string
  readonly libc: string
  readonly cpu: {readonly model: string; readonly count: number; readonly governor: string | null}
  /** "none", or what the kernel and the CPU's hypervisor flag tell: kvm, docker … */
  readonly virtualisation: string
  readonly memory: {readonly totalBytes: number; readonly availableBytes: number; readonly swapBytes: number}
  /** /sys/kernel/mm/transparent_hugepage/enabled, the chosen word. */
  readonly hugePages: string | null
  /** vm.overcommit_memory: 0, 1, 2. */
  readonly overcommit: number | null
  /** Over 1, 5 and 15 minutes, before the first sample. */
  readonly loadAverage: readonly [number, number, number]
  readonly versions: {readonly node: string; readonly spawnctl: string}
}

const {version} = createRequire(import.meta.url)('../../package.json') as {version: string}

/** The word in brackets: "always [madvise] never". */
function hugePagesSetting(read: ReadText): string | null {
  return /\[(\w+)\]/.exec(read('/sys/kernel/mm/transparent_hugepage/enabled') ?? '')?.[1] ?? null
}

/** @param read another one only in tests: the libc and the versions are always this process's own */
export function readEnvironment(read: ReadText = machineFiles.read): Environment {
  const [one = 0, five = 0, fifteen = 0] = (read('/proc/loadavg') ?? '').split(' ').map(Number)
  return {
    kernel: read('/proc/sys/kernel/osrelease') ?? 'unknown',
    arch: process.arch,
    libc: libcVersion(),
    cpu: processor(read),
    virtualisation: virtualisation(read),
    memory: {
      totalBytes: meminfoBytes(read, 'MemTotal') ?? 0,
      availableBytes: meminfoBytes(read, 'MemAvailable') ?? 0,
      swapBytes: meminfoBytes(read, 'SwapTotal') ?? 0,
    },
    hugePages: hugePagesSetting(read),
    overcommit: readNumber(read, '/proc/sys/vm/overcommit_memory') ?? null,
    loadAverage: [one, five, fifteen],
    versions: {node: process.versions.node, spawnctl: version},
  }
}

/** The process that traces this one, as a debugger or strace does; 0: nobody. */
export function tracerPid(read: ReadText = machineFiles.read): number {
  return Number(statusField(read, 'TracerPid') ?? 0)
}
