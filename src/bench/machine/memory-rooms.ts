import {ownCgroups} from '../../methods/cgroup-tree.js'
import {softLimit} from '../../methods/soft-limit.js'
import {showBytes} from '../size.js'
import {type Files, meminfoBytes, type ReadText, readNumber, statusField} from './files.js'

/** What memory is counted as: resident on the machine, promised by it, or addresses and data of one process. */
export type MemoryKind = 'resident' | 'promised' | 'addresses' | 'data'

/** How much more a limit lets be had. */
export interface MemoryRoom {
  readonly kind: MemoryKind
  /** For people, with where to look: "MemAvailable of /proc/meminfo, less …". */
  readonly limit: string
  readonly bytes: number
}

const mostReserveBytes = 256 * 2 ** 20
const reserveShare = 0.1

/**
 * Left to the others. What is available is the kernel's estimate, and they go on taking memory while it is measured: a
 * runner itself, Node and other runtimes take up to 100 MiB. Of a small machine 256 MiB would be too much.
 */
function reserve(totalBytes: number): number {
  return Math.min(mostReserveBytes, totalBytes * reserveShare)
}

function machineRoom(read: ReadText): readonly MemoryRoom[] {
  const available = meminfoBytes(read, 'MemAvailable') ?? meminfoBytes(read, 'MemFree')
  if (available === undefined) return []
  const kept = reserve(meminfoBytes(read, 'MemTotal') ?? available)
  const limit = `MemAvailable of /proc/meminfo, less ${showBytes(kept)} for the others`
  return [{kind: 'resident', limit, bytes: available - kept}]
}

/** A number of a line of memory.stat. */
function stat(read: ReadText, directory: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(read(`${directory}/memory.stat`) ?? '')?.[1] ?? 0)
}

/** File names of the two versions. What is cached of files counts as used, and is given back when it is wanted. */
const cgroupVersions = [
  {controller: undefined, most: ['memory.max', 'memory.high'], used: 'memory.current', cache: 'inactive_file'},
  {controller: 'memory', most: ['memory.limit_in_bytes'], used: 'memory.usage_in_bytes', cache: 'total_inactive_file'},
] as const

function cgroupRooms(read: ReadText): readonly MemoryRoom[] {
  const totalBytes = meminfoBytes(read, 'MemTotal') ?? Number.POSITIVE_INFINITY
  return cgroupVersions.flatMap(({controller, most, used, cache}) =>
    ownCgroups(controller, read).flatMap(directory =>
      most.flatMap(name => {
        const [limit, usedBytes] = [readNumber(read, `${directory}/${name}`), readNumber(read, `${directory}/${used}`)]
        // Of version 1 the number that means "none" is above any memory.
        if (limit === undefined || usedBytes === undefined || limit >= totalBytes) return []
        const bytes = limit - usedBytes + stat(read, directory, cache) - reserve(limit)
        return [{kind: 'resident' as const, limit: `${directory}/${name} (${showBytes(limit)})`, bytes}]
      }),
    ),
  )
}

/** With vm.overcommit_memory=2 the kernel promises no more than it can keep. */
function promisedRoom(read: ReadText): readonly MemoryRoom[] {
  const [most, promised] = ['CommitLimit', 'Committed_AS'].map(field => meminfoBytes(read, field))
  if (read('/proc/sys/vm/overcommit_memory') !== '2' || most === undefined || promised === undefined) return []
  const limit = 'CommitLimit of /proc/meminfo, less Committed_AS (vm.overcommit_memory is 2)'
  return [{kind: 'promised', limit, bytes: most - promised - reserve(most)}]
}

/** Inherited by every runner; of what one takes for itself this process, a Node, stands for the largest. */
const processLimits = [
  {kind: 'addresses', name: 'Max address space', used: 'VmSize', text: 'RLIMIT_AS (ulimit -v)'},
  {kind: 'data', name: 'Max data size', used: 'VmData', text: 'RLIMIT_DATA (ulimit -d)'},
] as const

function processRooms(read: ReadText): readonly MemoryRoom[] {
  return processLimits.flatMap(({kind, name, used, text}) => {
    const most = softLimit(name, read)
    if (most === undefined) return []
    const usedBytes = Number.parseInt(statusField(read, used) ?? '0', 10) * 1024
    return [
      {
        kind,
        limit: `${text}, ${showBytes(most)}, of which Node takes ${showBytes(usedBytes)}`,
        bytes: most - usedBytes,
      },
    ]
  })
}

/** Every limit that there is here, of this process, its cgroups and the machine. Swap does not count. */
export function memoryRooms({read}: Files): readonly MemoryRoom[] {
  return [...machineRoom(read), ...cgroupRooms(read), ...promisedRoom(read), ...processRooms(read)]
}
