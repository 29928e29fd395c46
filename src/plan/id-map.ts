import {UsageError} from '../errors.js'

/** (uid_t)-1 is none. */
const idCount = 2 ** 32 - 1

/** Ids of a new user namespace (inner, up to inner + count) and what they are outside. */
export interface IdMap {
  readonly inner: number
  readonly outer: number
  readonly count: number
}

/** The text of /proc/PID/uid_map. */
export function mapText(map: readonly IdMap[]): string {
  return map.map(({inner, outer, count}) => `${inner} ${outer} ${count}\n`).join('')
}

/** "0:100000:65536", or "100000,0,65536" as older unshare(1) had it; several are joined by "/". */
export function readIdMap(text: string, option: string, subordinate: () => IdMap): readonly IdMap[] {
  return text.split('/').map(range => {
    if (range === 'auto') return subordinate()
    const byColon = /^(\d+):(\d+):(\d+)$/.exec(range)
    const byComma = /^(\d+),(\d+),(\d+)$/.exec(range)
    const [inner, outer, count] = (byColon?.slice(1) ?? [byComma?.[2], byComma?.[1], byComma?.[3]]).map(Number)
    if (inner !== undefined && outer !== undefined && count !== undefined && count > 0) {
      if (inner + count <= idCount && outer + count <= idCount) return {inner, outer, count}
      throw new UsageError(`--${option}: ${range} goes beyond the last id, ${idCount - 1}`, {
        next: `--${option} 0:100000:65536`,
      })
    }
    throw new UsageError(`--${option} wants INNER:OUTER:COUNT or "auto", not "${range}"`, {
      next: `--${option} 0:100000:65536`,
    })
  })
}

/** @throws {UsageError} where an id has two meanings, inside or outside: the kernel takes no such map. */
export function refuseOverlap(map: readonly IdMap[] | undefined, option: string): void {
  for (const [i, one] of (map ?? []).entries())
    for (const other of (map ?? []).slice(i + 1))
      for (const side of ['inner', 'outer'] as const)
        if (one[side] < other[side] + other.count && other[side] < one[side] + one.count)
          throw new UsageError(`--${option}: ${describeMap([one])} and ${describeMap([other])} overlap`, {
            why: `an id ${side === 'inner' ? 'of the namespace' : 'outside'} would be in both`,
            next: `--${option} 0:100000:65536`,
          })
}

/** Makes room for one id of its own in ranges that were asked for; the ids behind it move up by one, as unshare(1) has it. */
export function withOwn(own: IdMap, ranges: readonly IdMap[]): readonly IdMap[] {
  const around = ranges.flatMap(({inner, outer, count}) => {
    const before = own.inner - inner
    if (before < 0 || before >= count) return [{inner, outer, count}]
    return [
      {inner, outer, count: before},
      {inner: own.inner + 1, outer: outer + before, count: count - before},
    ].filter(part => part.count > 0)
  })
  return [own, ...around]
}

export function describeMap(map: readonly IdMap[]): string {
  return map.map(({inner, outer, count}) => `${inner}:${outer}:${count}`).join('/')
}
