import {UsageError} from '../errors.js'
import {isMethod} from '../methods/method.js'
import {describeBallast} from './ballast.js'
import {ballastsOf} from './ballasts.js'
import {type CountRoom, mappingRooms, threadRooms} from './machine/count-rooms.js'
import {machineFiles} from './machine/files.js'
import {memoryRooms} from './machine/memory-rooms.js'
import {type Refusal, refusalOf} from './memory-demand.js'
import type {BenchRequest} from './request.js'
import type {Warning} from './result.js'
import {showBytes} from './size.js'

const MiB = 2 ** 20

type Axes = Pick<BenchRequest, 'memoryBytes' | 'mappedBytes' | 'mappings' | 'threads' | 'thp' | 'sweep'>

/** How many processes hold the touched memory at the same time: the native runner, Node, and each peer. */
export function carriersOf({rows, peers}: Pick<BenchRequest, 'rows' | 'peers'>): number {
  const native = rows.some(isMethod) ? 1 : 0
  const node = rows.some(row => !isMethod(row)) ? 1 : 0
  return native + node + peers.length
}

function why({carriers, room, neededBytes}: Refusal): string {
  const holders = carriers > 1 ? `held by ${carriers} processes at the same time it needs` : 'it needs'
  const besides = room.kind === 'resident' ? ', page tables included' : ''
  return `${holders} ${showBytes(neededBytes)}${besides}; there are ${showBytes(Math.max(0, room.bytes))}: ${room.limit}`
}

function refuse(refusal: Refusal): never {
  const {ballast, carriers, mostBytes} = refusal
  const fewer = carriers > 1 ? ', or fewer --methods and --peers at a time' : ''
  throw new UsageError(`${describeBallast(ballast)}: there is not that much memory to be had without swapping`, {
    why: why(refusal),
    next:
      ballast.memoryBytes > 0 && mostBytes > 0
        ? `--memory ${mostBytes / MiB}M at most${fewer}`
        : `less of --memory, --mapped, --mappings and --threads${fewer}`,
  })
}

function checkCounts(option: string, wanted: number, rooms: readonly CountRoom[]): void {
  const [tightest] = [...rooms].sort((a, b) => a.count - b.count)
  if (wanted === 0 || tightest === undefined || wanted <= tightest.count) return
  throw new UsageError(`--${option} ${wanted} is more than there may be`, {
    why: tightest.limit,
    next: tightest.count > 0 ? `--${option} ${tightest.count} at most` : `raise it, or leave --${option} out`,
  })
}

function leftOut(refusals: readonly Refusal[]): readonly Warning[] {
  const [first] = refusals
  if (first === undefined) return []
  const sizes = [...new Set(refusals.map(({ballast}) => showBytes(ballast.memoryBytes)))].join(', ')
  return [
    {
      code: 'left-out',
      message: `The sweep leaves out ${sizes}: ${why(first)}.`,
      next:
        first.carriers > 1
          ? 'free some memory, or have fewer --methods and --peers at a time'
          : 'free some memory, or raise the limit',
    },
  ]
}

/**
 * Holds a request against what the machine has to give without swapping, before anything is started.
 * @param carriers how many processes hold the memory at the same time
 * @param files others only in tests
 * @returns the request, a sweep's without the sizes that do not fit, and what to say of those
 * @throws {UsageError} that names the limit
 */
export function fitToMachine<T extends Axes>(
  request: T,
  carriers: number,
  files = machineFiles,
): {readonly fitting: T; readonly leftOut: readonly Warning[]} {
  const {mappings, threads, memoryBytes, sweep} = request
  const mostThreads = Math.max(...threads)
  // A thread's stack is a mapping, and its guard is one.
  const stacks = mappingRooms(files).map(({limit, count}) => ({limit, count: Math.floor(count / 2)}))
  checkCounts('threads', mostThreads, [...threadRooms(files), ...stacks])
  const left = mappingRooms(files).map(({limit, count}) => ({limit, count: count - 2 * mostThreads}))
  checkCounts('mappings', Math.max(...mappings), left)
  const rooms = memoryRooms(files)
  const refusals = ballastsOf(request).flatMap(ballast => refusalOf(ballast, carriers, rooms) ?? [])
  const [first] = [...refusals].sort((a, b) => a.mostBytes - b.mostBytes)
  const isSweeps = refusals.every(({ballast}) => ballast.memoryBytes > 0)
  if (first !== undefined && !(sweep && isSweeps)) refuse(first)
  const tooLarge = new Set(refusals.map(({ballast}) => ballast.memoryBytes))
  return {
    fitting: {...request, memoryBytes: memoryBytes.filter(bytes => !tooLarge.has(bytes))},
    leftOut: leftOut(refusals),
  }
}
