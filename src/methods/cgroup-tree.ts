import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {CgroupLimits} from '../plan/step.js'
import {readText} from './read-text.js'

/** Where cgroups are mounted: version 2 in one tree, version 1 in one for each controller or few. */
interface CgroupMounts {
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

/** One mount of version 2, or of version 1 with its controllers. */
interface Mount {
  readonly point: string
  /** The cgroup that is seen there: a container often sees a part of the tree only. */
  readonly root: string
  readonly controllers: readonly string[] | undefined
}

const noControllers = ['rw', 'ro']

/** Blanks in paths are octal, "\\040". */
function path(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** "30 23 0:26 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw" */
function parseMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap(line => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root, point] = before.split(' ')
    const [type, , options = ''] = after.split(' ')
    if (root === undefined || point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return []
    const controllers = options.split(',').filter(name => !noControllers.includes(name))
    return [{root: path(root), point: path(point), controllers: type === 'cgroup' ? controllers : undefined}]
  })
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

/** What a cgroup is called below a mount; undefined where that mount shows only others. */
function nameBelow(root: string, cgroup: string): string | undefined {
  if (cgroup.split('/').includes('..')) return undefined
  if (root === '/') return cgroup
  if (cgroup === root) return '/'
  return cgroup.startsWith(`${root}/`) ? cgroup.slice(root.length) : undefined
}

/** The mount that shows a cgroup, with its name there; else the first one. */
function shown(mounts: readonly Mount[], cgroup: string | undefined): {point?: string; name?: string} {
  const named = mounts.map(({root, point}) => {
    const name = cgroup === undefined ? undefined : nameBelow(root, cgroup)
    return {point, ...(name !== undefined && {name})}
  })
  return named.find(({name}) => name !== undefined) ?? named[0] ?? {}
}

export interface CgroupTree {
  readonly mounts: CgroupMounts
  /** The caller’s cgroups, by their names below the mounts; undefined where no mount shows them. */
  readonly own: ReturnType<typeof parseMembership>
}

/** @param mountinfo of /proc/self/mountinfo, @param membership of /proc/self/cgroup */
export function treeOf(mountinfo: string, membership: string): CgroupTree {
  const [mounts, own] = [parseMounts(mountinfo), parseMembership(membership)]
  const unified = shown(
    mounts.filter(({controllers}) => controllers === undefined),
    own.unified,
  )
  const names = [...new Set(mounts.flatMap(({controllers = []}) => controllers))]
  const legacy = names.map(name => {
    const having = mounts.filter(({controllers}) => controllers?.includes(name))
    return [name, shown(having, own.legacy[name])] as const
  })
  const entries = (key: 'point' | 'name') =>
    Object.fromEntries(legacy.flatMap(([name, found]) => (found[key] === undefined ? [] : [[name, found[key]]])))
  return {
    mounts: {unified: unified.point, legacy: entries('point')},
    own: {unified: unified.name, legacy: entries('name')},
  }
}

export function readTree(): CgroupTree {
  return treeOf(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'))
}

/**
 * The caller’s own cgroup and those above it, as directories, its own first; none where no mount shows them.
 * @param controller of a hierarchy of version 1; without one it is that of version 2
 * @param read another one only in tests
 */
export function ownCgroups(controller?: string, read = readText): readonly string[] {
  const {mounts, own} = treeOf(read('/proc/self/mountinfo') ?? '', read('/proc/self/cgroup') ?? '')
  const [point, name] =
    controller === undefined ? [mounts.unified, own.unified] : [mounts.legacy[controller], own.legacy[controller]]
  if (point === undefined || name === undefined) return []
  const names = name.split('/').filter(Boolean)
  return names.map((_, i) => [point, ...names.slice(0, names.length - i)].join('/')).concat(point)
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
