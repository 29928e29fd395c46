import {accessSync, closeSync, constants, openSync, readSync, statSync} from 'node:fs'

/** What is at a path that execve refused; asked from outside, so only as good as the caller's own rights. */
export type Finding =
  | {state: 'missing'}
  /** A directory on its path may not be entered. */
  | {state: 'unreachable'}
  | {state: 'directory'}
  | {state: 'not-executable'}
  | Missing
  | {state: 'present'}

/** A file that the kernel needs for another: `line` is what names it, "shell" for want of any. */
export interface Missing {
  state: 'interpreter-missing'
  interpreter: string
  line: 'script' | 'loader' | 'shell'
  /** Whose it is, where the file's own interpreter is there. */
  of?: string
}

/** What the program calls so, as the caller calls it. */
type Locate = (path: string) => string

const headBytes = 4096
const elfMagic = '\x7fELF'
const PT_INTERP = 3
const programHeaderOffsetAt = 32
const programHeaderBytes = 56
const programHeaderCountAt = 56

function head(path: string): Buffer {
  const buffer = Buffer.alloc(headBytes)
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    return buffer.subarray(0, readSync(fd, buffer, 0, headBytes, 0))
  } finally {
    closeSync(fd)
  }
}

function exists(path: string): boolean {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}

/** The loader that a 64-bit ELF file asks for (PT_INTERP), if it lies in the head. */
function elfLoader(bytes: Buffer): string | undefined {
  if (bytes.length < 64) return undefined
  const table = Number(bytes.readBigUInt64LE(programHeaderOffsetAt))
  for (let i = 0; i < bytes.readUInt16LE(programHeaderCountAt); i++) {
    const at = table + i * programHeaderBytes
    if (at + programHeaderBytes > bytes.length) return undefined
    if (bytes.readUInt32LE(at) !== PT_INTERP) continue
    const start = Number(bytes.readBigUInt64LE(at + 8))
    return bytes.toString('latin1', start, bytes.indexOf(0, start))
  }
  return undefined
}

function scriptInterpreter(bytes: Buffer): string | undefined {
  return /^#![ \t]*([^ \t\n]+)/.exec(bytes.toString('utf8'))?.[1]
}

/** The kernel gives up on scripts whose interpreters are scripts after as many. */
const mostInterpreters = 5
/** What executes a file that is in no format that the kernel knows. */
const shell = '/bin/sh'

/** @param depth how many files have led to this one, by its name to the program */
function missingFor(path: string, locate: Locate, depth = 0): Missing | undefined {
  const bytes = head(locate(path))
  const isElf = bytes.toString('latin1', 0, 4) === elfMagic
  const script = isElf ? undefined : scriptInterpreter(bytes)
  const [interpreter, line] = isElf
    ? ([elfLoader(bytes), 'loader'] as const)
    : script === undefined
      ? ([depth === 0 ? shell : undefined, 'shell'] as const)
      : ([script, 'script'] as const)
  if (interpreter === undefined) return undefined
  if (!exists(locate(interpreter)))
    return {state: 'interpreter-missing', interpreter, line, ...(depth > 0 && {of: path})}
  return line === 'loader' || depth === mostInterpreters ? undefined : missingFor(interpreter, locate, depth + 1)
}

/**
 * Looks at the file that execve was given.
 * @param path as the program calls it
 */
export function inspect(path: string, locate: Locate): Finding {
  const place = locate(path)
  try {
    if (statSync(place).isDirectory()) return {state: 'directory'}
  } catch (error) {
    return {state: (error as NodeJS.ErrnoException).code === 'EACCES' ? 'unreachable' : 'missing'}
  }
  try {
    accessSync(place, constants.X_OK)
  } catch {
    return {state: 'not-executable'}
  }
  try {
    return missingFor(path, locate) ?? {state: 'present'}
  } catch {
    // Executable but not readable: nothing more to learn.
    return {state: 'present'}
  }
}
