import {join, resolve} from 'node:path'
import type {Plan} from '../../plan/plan.js'
import {readableText} from '../../plan/text.js'
import {readLink} from '../read-link.js'

/** The kernel follows no more than these in one path. */
const mostLinks = 40

/** Where a path leads for who has this root, as the caller calls it: neither a link nor ".." leads out of the root. */
export function pathBelow(root: string, path: string): string {
  const rest = path.split('/')
  let found: string[] = []
  let links = 0
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      found.pop()
      continue
    }
    const link = links < mostLinks ? readLink(join(root, ...found, name)) : undefined
    if (link === undefined) {
      found.push(name)
      continue
    }
    links++
    if (link.startsWith('/')) found = []
    rest.unshift(...link.split('/'))
  }
  return join(root, ...found)
}

/** As an absolute path, unless it begins at a working directory that has been removed and so has no name. */
function absolute(...path: readonly string[]): string {
  try {
    return resolve(...path)
  } catch {
    return join(...path)
  }
}

/** The new root, as the caller calls it. */
export function newRoot({steps}: Plan): string | undefined {
  const root = steps.find(step => step.kind === 'root')
  return root && absolute(readableText(root.path))
}

/** What the program calls so, as the caller calls it: it is relative to the program's working directory and root. */
export function callerPath(plan: Plan, path: string): string {
  const root = newRoot(plan)
  const chdir = plan.steps.find(step => step.kind === 'chdir')
  const directory = chdir === undefined ? '.' : readableText(chdir.path)
  if (root === undefined) return absolute(directory, path)
  return pathBelow(root, path.startsWith('/') ? path : `${directory}/${path}`)
}

/** What is mounted for the program, or is in another mount namespace, the caller does not see. */
export function isInSight({steps}: Plan): boolean {
  return !steps.some(
    step =>
      step.kind === 'mounts' ||
      (step.kind === 'join' && step.targets.some(target => !('pid' in target) || target.namespaces.includes('mount'))),
  )
}
