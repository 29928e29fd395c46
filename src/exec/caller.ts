import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {UsageError} from '../errors.js'
import {callerSurroundings} from '../methods/surroundings.js'
import {O_CLOEXEC} from '../plan/fcntl.js'
import type {Surroundings} from '../plan/step.js'
import {type Text, textBytes} from '../plan/text.js'

const replacement = '�'
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

function descriptorsOf(pid: number | 'self'): readonly number[] {
  return readdirSync(`/proc/${pid}/fd`).map(Number)
}

/** Below the first event queue everything was taken when Node started; and what the parent has, Node has not made. */
function isOlderThanNode(fd: number, file: string): boolean {
  const queues = descriptorsOf('self').filter(other => openFile(other)?.file === 'anon_inode:[eventpoll]')
  if (fd < Math.min(...queues)) return true
  const parent = process.ppid
  try {
    return descriptorsOf(parent).some(other => readlinkSync(`/proc/${parent}/fd/${other}`) === file)
  } catch {
    return false // it is somebody else's, or closes one meanwhile
  }
}

/**
 * Node's own are event queues, and pipes that it holds both ends of; all are close-on-exec. That alone does not tell:
 * Node sets it on what was handed down as well, up to number 15 (libuv's uv_disable_stdio_inheritance).
 */
function isNodes(fd: number, {file, flags}: OpenFile): boolean {
  if (!(flags & O_CLOEXEC)) return false
  if (/^anon_inode:\[(eventpoll|eventfd|io_uring)\]$/.test(file)) return true
  const isOtherEnd = (fd: number) => {
    const other = fd > lastStdio ? openFile(fd) : undefined
    return other?.file === file && (other.flags & O_CLOEXEC) !== 0 && (other.flags & O_ACCMODE) !== (flags & O_ACCMODE)
  }
  return file.startsWith('pipe:') && descriptorsOf('self').some(isOtherEnd) && !isOlderThanNode(fd, file)
}

function inheritedDescriptor(fd: number): number {
  if (fd <= lastStdio) return fd
  const open = openFile(fd)
  if (open === undefined || isNodes(fd, open))
    throw new UsageError(`descriptor ${fd} is not open in the caller`, {
      why: 'the shell that started spawnctl did not hand it down',
      next: `open it on the command line: spawnctl exec … ${fd}</some/file, or name the file: --fd N=PATH`,
    })
  return fd
}

/** What the options of `exec` are read against: this process and this machine. */
export const surroundings: Surroundings = {...callerSurroundings, inheritedDescriptor}
