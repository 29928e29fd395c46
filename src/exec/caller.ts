import {readFileSync} from 'node:fs'
import {UsageError} from '../errors.js'
import {findGroup, findGroups, findUser} from '../native/core.js'
import type {Surroundings} from '../plan/step.js'
import {type Text, textBytes} from '../plan/text.js'

const replacement = '�'
const O_CLOEXEC = 0o2000000
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

/** Everything that Node itself opens is close-on-exec; what was handed down cannot be. */
function inheritedDescriptor(fd: number): number {
  if (fd <= lastStdio) return fd
  let flags = O_CLOEXEC
  try {
    flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8)
  } catch {
    // Not open at all.
  }
  if (flags & O_CLOEXEC)
    throw new UsageError(`descriptor ${fd} is not open in the caller`, {
      why: 'the shell that started spawnctl did not hand it down',
      next: `open it on the command line: spawnctl exec … ${fd}</some/file, or name the file: --fd N=PATH`,
    })
  return fd
}

/** What the options of `exec` are read against: this process and this machine. */
export const surroundings: Surroundings = {
  findUser: name => findUser(name) ?? unknown('user', name, '/etc/passwd'),
  findGroup: name => findGroup(name) ?? unknown('group', name, '/etc/group'),
  findGroups,
  inheritedDescriptor,
}
