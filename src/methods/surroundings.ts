import {closeSync, existsSync, openSync, readFileSync, readlinkSync, readSync, realpathSync} from 'node:fs'
import {getPriority, userInfo} from 'node:os'
import {resolve} from 'node:path'
import {UsageError} from '../errors.js'
import {type Capabilities, capabilitySet} from '../plan/capability-names.js'
import {type Namespace, namespaceFile, namespaces} from '../plan/namespaces.js'
import {mountProc, noProc} from '../plan/proc.js'
import type {Limit, ResourceName} from '../plan/resource.js'
import type {Surroundings} from '../plan/step.js'
import {findGroup, findGroups, findUser} from './accounts.js'
import {describeCause} from './diagnosis/errno.js'
import {forCaller} from './diagnosis/sudo.js'
import {adviseOpen} from './files.js'

/** "Max open files            1024                 4096                 files" */
const limitTitles: Readonly<Record<ResourceName, string>> = {
  cpu: 'cpu time',
  fsize: 'file size',
  data: 'data size',
  stack: 'stack size',
  core: 'core file size',
  rss: 'resident set',
  nproc: 'processes',
  nofile: 'open files',
  memlock: 'locked memory',
  as: 'address space',
  locks: 'file locks',
  sigpending: 'pending signals',
  msgqueue: 'msgqueue size',
  nice: 'nice priority',
  rtprio: 'realtime priority',
  rttime: 'realtime timeout',
}

/** A pipe gives what it has, and a device may never end. */
function readBytes(path: string, most: number): Uint8Array {
  const buffer = Buffer.alloc(most)
  const fd = openSync(path, 'r')
  try {
    for (let length = 0; ; ) {
      const read = length < most ? readSync(fd, buffer, length, most - length, null) : 0
      if (read === 0) return buffer.subarray(0, length)
      length += read
    }
  } finally {
    closeSync(fd)
  }
}

function readFile(path: string, option: string, most: number): Uint8Array {
  try {
    return readBytes(path, most + 1)
  } catch (cause) {
    const {name, text} = describeCause(cause)
    throw new UsageError(`--${option} ${path}: ${text} (${name})`, adviseOpen(path, name))
  }
}

/** "1 (node) S 0 1 1 0 -1": the fifth is the process group. */
function leadsGroup(): boolean {
  const group = /.*\) \S \d+ (\d+)/s.exec(readProc('/proc/self/stat'))?.[1]
  return Number(group) === process.pid
}

function capabilities(): Capabilities {
  const status = readProc('/proc/thread-self/status')
  const last = Number(readProc('/proc/sys/kernel/cap_last_cap'))
  return {permitted: capabilitySet(status, 'CapPrm'), inheritable: capabilitySet(status, 'CapInh'), last}
}

function foreignNamespaces(pid: number): readonly Namespace[] {
  const link = (process: string, namespace: Namespace) => {
    try {
      return readlinkSync(`/proc/${process}/ns/${namespaceFile(namespace)}`)
    } catch (cause) {
      if (process !== 'self' && namespace === 'user')
        throw new UsageError(`--join ${pid}: ${cause instanceof Error ? cause.message : cause}`, {
          why: 'there is no such process, or it is not yours to look at',
          next: 'lsns lists namespaces and their processes',
        })
      return undefined
    }
  }
  return namespaces.filter(namespace => link(String(pid), namespace) !== link('self', namespace))
}

function identity(): {uid: number; gid: number} {
  return {uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0}
}

function identityIn(pid: number): {uid: number; gid: number} {
  const idIn = (file: string, own: number) => {
    const path = `/proc/${pid}/${file}`
    const lines = existsSync(path) ? readProc(path).trim().split('\n') : []
    const map = lines.map(line => line.trim().split(/ +/).map(Number))
    if (map.some(([inner]) => inner === 0)) return 0
    const [inner = own, outer = own] = map.find(([, outer = 0, count = 0]) => outer <= own && own < outer + count) ?? []
    return inner + own - outer
  }
  const {uid, gid} = identity()
  return {uid: idIn('uid_map', uid), gid: idIn('gid_map', gid)}
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** Undefined where it has been removed. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

function workingDirectoryBelow(directories: readonly string[]): string | undefined {
  const here = workingDirectory()
  if (here === undefined) return undefined
  return directories.some(path => `${here}/`.startsWith(`${realPath(path)}/`)) ? here : undefined
}

/** Undefined where the user has no entry in /etc/passwd. */
function userName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

/** @throws {UsageError} without a /proc, of which this is a file */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      ...noProc('or not the one of this pid namespace'),
      next: `${mountProc}; spawnctl doctor tells what needs it`,
    })
  }
}

/** "name:100000:65536" in /etc/subuid; the first range of this user. */
function subordinateIds(option: string): {outer: number; count: number} {
  const file = option === 'map-users' ? '/etc/subuid' : '/etc/subgid'
  const uid = String(process.geteuid?.() ?? 0)
  const name = userName()
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const [, outer, count] =
    text
      .split('\n')
      .map(line => /^([^:]+):(\d+):(\d+)$/.exec(line.trim())?.slice(1))
      .find(entry => entry !== undefined && [name, uid].includes(entry[0])) ?? []
  if (outer !== undefined && count !== undefined) return {outer: Number(outer), count: Number(count)}
  throw new UsageError(`--${option} auto: ${file} has no ids for ${name ?? `uid ${uid}, which has no name`}`, {
    next: forCaller(`sudo usermod --add-sub${option === 'map-users' ? 'u' : 'g'}ids 100000-165535 ${name ?? 'USER'}`),
  })
}

function findLimit(resource: ResourceName): Limit {
  const line = new RegExp(`^Max ${limitTitles[resource]} +(\\w+) +(\\w+)`, 'm')
  const [, soft, hard] = line.exec(readProc('/proc/self/limits')) as unknown as [string, string, string]
  const value = (text: string) => (text === 'unlimited' ? text : Number(text))
  return {soft: value(soft), hard: value(hard)}
}

/** What housekeeping is read against: this process and this machine, whoever asks. */
export const callerSurroundings: Omit<Surroundings, 'inheritedDescriptor'> = {
  findUser,
  findGroup,
  findGroups,
  findLimit,
  niceness: () => getPriority(),
  leadsGroup,
  capabilities,
  identity,
  identityIn,
  subordinateIds,
  foreignNamespaces,
  workingDirectoryBelow,
  readFile,
}
