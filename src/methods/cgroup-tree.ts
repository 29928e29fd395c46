import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {CgroupLimits} from '../plan/step.js'

/** Where cgroups are mounted: version 2 in one tree, version 1 in one for each controller or few. */
export interface CgroupMounts {
  /** Undefined where version 2 is not mounted. */
  readonly unified: string | undefined
  /** Version 1, by controller. */
  readonly legacy: Readonly<Record<string, string>>
}

/** A file to write, and what. */
export interface Setting {
  readonly file: string
  readonly text: string
}

export type Controller = 'memory' | 'pids' | 'cpu'

/** "30 23 0:26 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw" */
export function parseMounts(mountinfo: string): CgroupMounts {
  let unified: string | undefined
  const legacy: Record<string, string> = {}
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ')
    const at = before?.split(' ')[4]
    const [type, , options] = after?.split(' ') ?? []
    if (at === undefined) continue
    if (type === 'cgroup2') unified ??= at
    if (type === 'cgroup')
      for (const controller of options?.split(',') ?? [])
        if (controller !== 'rw' && controller !== 'ro') legacy[controller] ??= at
  }
  return {unified, legacy}
}

/** The caller's cgroups from /proc/self/cgroup: "0::/user.slice", "8:pids:/". */
export function parseMembership(text: string): {unified: string | undefined; legacy: Readonly<Record<string, string>>} {
  let unified: string | undefined
  const legacy: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, number, controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
    if (path === undefined || controllers === undefined) continue
    if (number === '0') unified = path
    else for (const controller of controllers.split(',')) legacy[controller] = path
  }
  return {unified, legacy}
}

export function readTree(): {mounts: CgroupMounts; own: ReturnType<typeof parseMembership>} {
  return {
    mounts: parseMounts(readFileSync('/proc/self/mountinfo', 'utf8')),
    own: parseMembership(readFileSync('/proc/self/cgroup', 'utf8')),
  }
}

export function controllersFor({memoryMax, pidsMax, cpuMax}: CgroupLimits): readonly Controller[] {
  return [
    ...(memoryMax === undefined ? [] : (['memory'] as const)),
    ...(pidsMax === undefined ? [] : (['pids'] as const)),
    ...(cpuMax === undefined ? [] : (['cpu'] as const)),
  ]
}

/** The limits of one controller as files of version 2 or of version 1. */
export function settings(
  controller: Controller,
  limits: CgroupLimits,
  directory: string,
  version: 1 | 2,
): readonly Setting[] {
  const {memoryMax, pidsMax, cpuMax} = limits
  const file = (name: string) => join(directory, name)
  switch (controller) {
    case 'memory':
      return [{file: file(version === 2 ? 'memory.max' : 'memory.limit_in_bytes'), text: String(memoryMax)}]
    case 'pids':
      return [{file: file('pids.max'), text: String(pidsMax)}]
    case 'cpu': {
      const {quotaUs, periodUs} = cpuMax as NonNullable<typeof cpuMax>
      if (version === 2) return [{file: file('cpu.max'), text: `${quotaUs} ${periodUs}`}]
      return [
        {file: file('cpu.cfs_period_us'), text: String(periodUs)},
        {file: file('cpu.cfs_quota_us'), text: String(quotaUs)},
      ]
    }
  }
}
