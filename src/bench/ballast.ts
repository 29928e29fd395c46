import type {Ballast} from './runner.js'
import {showBytes} from './size.js'

function keyOf({memoryBytes, mappings, thp, mappedBytes, threads}: Ballast): string {
  return [memoryBytes, mappings, thp, mappedBytes, threads].join(' ')
}

export function sameBallast(one: Ballast, other: Ballast): boolean {
  return keyOf(one) === keyOf(other)
}

/** In the order in which each ballast is first met. */
export function byBallast<T extends Ballast>(items: readonly T[]): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return [...groups.values()]
}

/** "1 GiB of touched memory and 8 further threads"; huge pages matter only where there is memory. */
export function describeBallast({memoryBytes, mappings, thp, mappedBytes, threads}: Ballast): string {
  const parts = [
    memoryBytes > 0 ? `${showBytes(memoryBytes)} of touched memory${thp === 'always' ? ' in huge pages' : ''}` : '',
    mappedBytes > 0 ? `${showBytes(mappedBytes)} of mapped, untouched memory` : '',
    mappings > 0 ? `${mappings} further mappings` : '',
    threads > 0 ? `${threads} further threads` : '',
  ].filter(part => part !== '')
  return parts.length === 0 ? 'no ballast' : parts.join(' and ')
}
