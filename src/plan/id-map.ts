import {UsageError} from '../errors.js'

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
    if (inner !== undefined && outer !== undefined && count !== undefined && inner + outer + count > 0 && count > 0)
      return {inner, outer, count}
    throw new UsageError(`--${option} wants INNER:OUTER:COUNT or "auto", not "${range}"`, {
      next: `--${option} 0:100000:65536`,
    })
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
