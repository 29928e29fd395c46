import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, rmdirSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const isRoot = process.getuid?.() === 0

/** Another user can run nothing out of a tree below /root. */
function isOpenToOthers(path: string): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (path === '/' || isOpenToOthers(dirname(path)))
}

/** Where a control group of version 2 with cgroup.kill can be made; undefined where not. */
function ownCgroup(): string | undefined {
  const mount = / (\S+) \S+ - cgroup2 /.exec(readFileSync('/proc/self/mountinfo', 'utf8'))?.[1]
  const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]
  if (mount === undefined || path === undefined) return undefined
  const directory = join(mount, path)
  const probe = join(directory, `needs-${process.pid}`)
  try {
    mkdirSync(probe)
    const canKill = existsSync(join(probe, 'cgroup.kill'))
    rmdirSync(probe)
    return canKill ? directory : undefined
  } catch {
    return undefined
  }
}

/** What some tests need; a test is skipped by it under a title that says so: `it.skipIf(!has.root)('… # needs root')`. */
export const has = {
  root: isRoot,
  rootAndOpenTree: isRoot && isOpenToOthers(fileURLToPath(new URL('.', import.meta.url))),
  /** A user namespace, and with it all others, for anybody. */
  userNamespaces: spawnSync('unshare', ['--user', '--map-root-user', '--net', 'true']).status === 0,
  /** What the tests of namespaces compare with, and look at. */
  unshare: isRoot && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0,
  cgroup2: readFileSync('/proc/self/mountinfo', 'utf8').includes(' - cgroup2 '),
  ownCgroup: ownCgroup(),
  strace: spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0,
}
