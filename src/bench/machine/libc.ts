import {spawnSync} from 'node:child_process'
import {glibcVersion} from '../../native/probe.js'

/** What musl's loader says when it is called as ldd, on its standard error. */
const muslVersion = /^musl libc .*\nVersion (\S+)/m

/** "glibc 2.36": of the one that Node and the core are bound to. */
export function libcVersion(): string {
  const glibc = glibcVersion()
  if (glibc !== undefined) return `glibc ${glibc}`
  const {stderr} = spawnSync('ldd', [], {encoding: 'utf8'})
  const [, musl] = muslVersion.exec(stderr ?? '') ?? []
  return musl === undefined ? 'unknown' : `musl ${musl}`
}
