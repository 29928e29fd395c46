import {existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync} from 'node:fs'
import {join} from 'node:path'
import {readTree} from '../../dist/methods/cgroup-tree.js'

const {own, mounts} = readTree()

export {mounts}

/** Of control groups that a test makes itself. */
export const name = `spawnctl-test-${process.pid}`
export const unified = join(mounts.unified ?? '/nowhere', name)

function canMake(path: string): boolean {
  try {
    mkdirSync(path)
    rmdirSync(path)
    return true
  } catch {
    return false
  }
}

/** Why a kind of test cannot run on this machine, for its title; empty where it can. */
export const noUnified =
  mounts.unified !== undefined && canMake(unified) ? '' : ' # needs a cgroup v2 that may be written to'

const limitable = (['memory', 'pids', 'cpu'] as const).filter(controller => {
  const root = mounts.legacy[controller]
  if (root !== undefined) return canMake(join(root, own.legacy[controller] ?? '/', name))
  const path = join(mounts.unified ?? '/nowhere', 'cgroup.controllers')
  return noUnified === '' && existsSync(path) && readFileSync(path, 'utf8').split(/\s/).includes(controller)
})

export const noLimits =
  limitable.length === 3 ? '' : ` # needs controllers that may be given; here: ${limitable.join(' ') || 'none'}`

/** Those below a directory, which may go meanwhile. */
function directoriesBelow(path: string): readonly string[] {
  try {
    const directories = readdirSync(path, {withFileTypes: true}).filter(entry => entry.isDirectory())
    return directories.map(({name}) => join(path, name)).flatMap(below => [below, ...directoriesBelow(below)])
  } catch {
    return []
  }
}

/** Directories that are there of control groups which this process has made for its programs. */
export function groupsOf(pid: number): readonly string[] {
  return [...Object.values(mounts.legacy), mounts.unified]
    .filter(path => path !== undefined)
    .flatMap(directoriesBelow)
    .filter(path => path.includes(`spawnctl-${pid}-`))
}
