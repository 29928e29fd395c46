import {read} from './machine.js'

type ReadText = typeof read

/** Where a hierarchy of cgroups is mounted: of version 2, or of version 1 with this controller. */
function mountOf(controller: string | undefined, readText: ReadText): {root: string; point: string} | undefined {
  for (const line of (readText('/proc/self/mountinfo') ?? '').split('\n')) {
    const fields = line.split(' ')
    const [type, , options = ''] = fields.slice(fields.indexOf('-') + 1)
    const found =
      controller === undefined ? type === 'cgroup2' : type === 'cgroup' && options.split(',').includes(controller)
    if (found) return {root: fields[3] as string, point: fields[4] as string}
  }
  return undefined
}

function pathOf(controller: string | undefined, readText: ReadText): string | undefined {
  return (readText('/proc/self/cgroup') ?? '')
    .split('\n')
    .map(line => /^(\d+):([^:]*):(.*)$/.exec(line))
    .find(match => (controller === undefined ? match?.[1] === '0' : match?.[2]?.split(',').includes(controller)))?.[3]
}

/**
 * Our own cgroup and those above it, as directories, ours first; none where it is not mounted.
 * @param controller of a hierarchy of version 1; without one it is that of version 2
 * @param readText another one only in tests
 */
export function ownCgroups(controller?: string, readText: ReadText = read): readonly string[] {
  const [mount, path] = [mountOf(controller, readText), pathOf(controller, readText)]
  if (mount === undefined || path === undefined) return []
  const below = mount.root !== '/' && path.startsWith(mount.root) ? path.slice(mount.root.length) : path
  const names = below.split('/').filter(name => name !== '')
  return names.map((_, i) => [mount.point, ...names.slice(0, names.length - i)].join('/')).concat(mount.point)
}
