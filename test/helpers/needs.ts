import {spawnSync} from 'node:child_process'
import {readFileSync, statSync} from 'node:fs'
import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'

const isRoot = process.getuid?.() === 0

/** Another user can run nothing out of a tree below /root. */
function isOpenToOthers(path: string): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (path === '/' || isOpenToOthers(dirname(path)))
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
  strace: spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0,
}
