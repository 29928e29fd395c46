import type {MemoryKind, MemoryRoom} from './machine/memory-rooms.js'
import type {Ballast} from './runner.js'

const MiB = 2 ** 20
const GiB = 2 ** 30
const pageBytes = 4096
/** Eight bytes for each page: what fork copies. */
const tablesPerByte = 8 / pageBytes
/** Its record in the kernel, once more in a child of fork, beside the page itself. */
const mappingBytes = pageBytes + 1024
/** Its stack in the kernel, its record, and what is touched of its own stack. */
const threadBytes = 64 * 1024
/** As src/native/bench_ballast.c makes it. */
const threadStackBytes = 256 * 1024

/** Coarser where there is much: what is free changes from one moment to the next. */
function roundDown(bytes: number): number {
  const step = bytes >= GiB ? 64 * MiB : MiB
  return Math.floor(bytes / step) * step
}

/** What a ballast costs: so much for every byte of touched memory, and so much besides. */
interface Demand {
  readonly perByte: number
  readonly besides: number
}

/** Only the native runner carries anything but touched memory; the others may still hold theirs meanwhile. */
function demand(kind: MemoryKind, {mappedBytes, mappings, threads}: Ballast, carriers: number): Demand {
  const mapped = mappedBytes + mappings * pageBytes + threads * threadStackBytes
  switch (kind) {
    case 'resident': // page tables: one set for each carrier, and one for the child that fork makes of one of them
      return {
        perByte: carriers + (carriers + 1) * tablesPerByte,
        besides: mappings * mappingBytes + threads * threadBytes,
      }
    case 'promised': // fork is promised everything once more
      return {perByte: carriers + 1, besides: 2 * mapped}
    case 'addresses':
    case 'data':
      return {perByte: 1, besides: mapped}
  }
}

export interface Refusal {
  readonly ballast: Ballast
  readonly carriers: number
  readonly room: MemoryRoom
  readonly neededBytes: number
  /** The most touched memory that this limit leaves room for. */
  readonly mostBytes: number
}

/** The tightest limit that does not leave room for it. */
export function refusalOf(ballast: Ballast, carriers: number, rooms: readonly MemoryRoom[]): Refusal | undefined {
  const refusals = rooms.flatMap(room => {
    const {perByte, besides} = demand(room.kind, ballast, carriers)
    const neededBytes = besides + perByte * ballast.memoryBytes
    if (neededBytes === 0 || neededBytes <= room.bytes) return []
    const mostBytes = roundDown(Math.max(0, (room.bytes - besides) / perByte))
    return [{ballast, carriers, room, neededBytes, mostBytes}]
  })
  return refusals.sort((a, b) => a.mostBytes - b.mostBytes)[0]
}
