import {existsSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {getPriority, userInfo} from 'node:os'
import {UsageError} from '../errors.js'
import {findGroup, findGroups, findUser} from '../native/core.js'
import {allCapabilities, type Capabilities} from '../plan/capability-names.js'
import {type Namespace, namespaceFile, namespaces} from '../plan/namespaces.js'
import type {Limit, ResourceName} from '../plan/resource.js'
import type {Surroundings} from '../plan/step.js'
import {type Text, textBytes} from '../plan/text.js'

const replacement = '�'
const O_CLOEXEC = 0o2000000
const O_ACCMODE = 0o3
const lastStdio = 2

function splitAtNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0, start)
    const end = found < 0 ? bytes.length : found
    parts.push(bytes.subarray(start, end))
    start = end + 1
  }
  return parts
}

/** The last words of the command line as the kernel has them: Node's copy loses bytes that are not UTF-8. */
export function exactWords(words: readonly string[]): readonly Text[] {
  if (!words.some(word => word.includes(replacement))) return words
  const all = splitAtNul(readFileSync('/proc/self/cmdline'))
  return all.length < words.length ? words : all.slice(all.length - words.length)
}

/**
 * Options are read as text: what is not UTF-8 would reach the program as something else.
 * @param words the whole command line after "exec", of which the first are options
 * @throws {UsageError}
 */
export function refuseInexactOptions(words: readonly string[], options: readonly string[]): void {
  const exact = exactWords(words)
  const wrong = options.find((word, i) => !Buffer.from(word).equals(textBytes(exact[i] as Text)))
  if (wrong === undefined) return
  throw new UsageError(`the option ${JSON.stringify(wrong)} holds bytes that are not UTF-8`, {
    why: 'options are read as text, and these bytes would be lost; the program’s own arguments and the environment may hold any',
    next: 'let the shell say it: NAME=… spawnctl exec … for a variable, < > and cd for files and directories',
  })
}

/** The environment that this process was given, byte for byte. */
export function exactEnvironment(): readonly Text[] {
  try {
    return splitAtNul(readFileSync('/proc/self/environ'))
  } catch {
    return Object.entries(process.env).map(([name, value]) => `${name}=${value}`)
  }
}

function unknown(what: string, name: string, database: string): never {
  throw new UsageError(`there is no ${what} "${name}"`, {
    why: `neither ${database} nor what nsswitch.conf adds to it knows the name`,
    next: `getent ${what === 'user' ? 'passwd' : 'group'} ${name}`,
  })
}

interface OpenFile {
  /** What /proc shows: a path, "pipe:[123]", "anon_inode:[eventfd]". */
  file: string
  /** open(2)'s, the access mode in its lowest two bits. */
  flags: number
}

function openFile(fd: number): OpenFile | undefined {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? ''
    return {file: readlinkSync(`/proc/self/fd/${fd}`), flags: Number.parseInt(flags, 8)}
  } catch {
    return undefined
  }
}

/**
 * Node's own are event queues, and pipes that it holds both ends of; all are close-on-exec. That alone does not tell:
 * Node sets it on what was handed down as well, up to number 15 (libuv's uv_disable_stdio_inheritance).
 */
function isNodes({file, flags}: OpenFile): boolean {
  if (!(flags & O_CLOEXEC)) return false
  if (/^anon_inode:\[(eventpoll|eventfd|io_uring)\]$/.test(file)) return true
  const isOtherEnd = (fd: number) => {
    const other = fd > lastStdio ? openFile(fd) : undefined
    return other?.file === file && (other.flags & O_CLOEXEC) !== 0 && (other.flags & O_ACCMODE) !== (flags & O_ACCMODE)
  }
  return file.startsWith('pipe:') && readdirSync('/proc/self/fd').map(Number).some(isOtherEnd)
}

function inheritedDescriptor(fd: number): number {
  if (fd <= lastStdio) return fd
  const open = openFile(fd)
  if (open === undefined || isNodes(open))
    throw new UsageError(`descriptor ${fd} is not open in the caller`, {
      why: 'the shell that started spawnctl did not hand it down',
      next: `open it on the command line: spawnctl exec … ${fd}</some/file, or name the file: --fd N=PATH`,
    })
  return fd
}

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

function readFile(path: string, option: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new UsageError(`--${option} ${path}: ${cause instanceof Error ? cause.message : cause}`, {
      next: `ls -ld ${path}`,
    })
  }
}

/** "1 (node) S 0 1 1 0 -1": the fifth is the process group. */
function leadsGroup(): boolean {
  const group = /.*\) \S \d+ (\d+)/s.exec(readFileSync('/proc/self/stat', 'utf8'))?.[1]
  return Number(group) === process.pid
}

function capabilities(): Capabilities {
  const status = readFileSync('/proc/thread-self/status', 'utf8')
  const last = Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'))
  const set = (field: string) => {
    const mask = BigInt(`0x${new RegExp(`^${field}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '0'}`)
    return allCapabilities(last).filter(capability => (mask >> BigInt(capability)) & 1n)
  }
  return {permitted: set('CapPrm'), inheritable: set('CapInh'), last}
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

/** "name:100000:65536" in /etc/subuid; the first range of this user. */
function subordinateIds(option: string): {outer: number; count: number} {
  const file = option === 'map-users' ? '/etc/subuid' : '/etc/subgid'
  const {uid, username} = userInfo()
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const line = text.split('\n').find(entry => [username, String(uid)].includes(entry.split(':')[0] as string))
  const [, outer, count] = line?.split(':').map(Number) ?? []
  if (outer !== undefined && count !== undefined) return {outer, count}
  throw new UsageError(`--${option} auto: ${file} has no ids for ${username}`, {
    next: `sudo usermod --add-sub${option === 'map-users' ? 'u' : 'g'}ids 100000-165535 ${username}`,
  })
}

function findLimit(resource: ResourceName): Limit {
  const line = new RegExp(`^Max ${limitTitles[resource]} +(\\w+) +(\\w+)`, 'm')
  const [, soft, hard] = line.exec(readFileSync('/proc/self/limits', 'utf8')) as unknown as [string, string, string]
  const value = (text: string) => (text === 'unlimited' ? text : Number(text))
  return {soft: value(soft), hard: value(hard)}
}

/** What the options of `exec` are read against: this process and this machine. */
export const surroundings: Surroundings = {
  findUser: name => findUser(name) ?? unknown('user', name, '/etc/passwd'),
  findGroup: name => findGroup(name) ?? unknown('group', name, '/etc/group'),
  findGroups,
  inheritedDescriptor,
  findLimit,
  niceness: () => getPriority(),
  leadsGroup,
  capabilities,
  identity: () => ({uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0}),
  subordinateIds,
  foreignNamespaces,
  readFile,
}
