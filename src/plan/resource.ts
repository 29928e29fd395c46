/** Resources of setrlimit(2) by the names of prlimit(1), with the kernel's numbers. */
export const resourceNumbers = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
} as const

export type ResourceName = keyof typeof resourceNumbers
export const resourceNames = Object.keys(resourceNumbers) as readonly ResourceName[]

/** In the resource's own unit: bytes, seconds, a count. */
export type LimitValue = number | 'unlimited'

export interface Limit {
  readonly soft: LimitValue
  readonly hard: LimitValue
}

export function exceeds(a: LimitValue, b: LimitValue): boolean {
  return b !== 'unlimited' && (a === 'unlimited' || a > b)
}
