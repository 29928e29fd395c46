import {accessSync, closeSync, constants, openSync, readSync, statSync} from 'node:fs'

/** What is at a path that execve refused; asked from outside, so only as good as the caller's own rights. */
export type Finding =
  | {state: 'missing'}
  | {state: 'directory'}
  | {state: 'not-executable'}
  | {state: 'interpreter-missing'; interpreter: string; line: 'script' | 'loader'}
  | {state: 'present'}

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

/** Looks at the file that execve was given. */
export function inspect(path: string): Finding {
  try {
    if (statSync(path).isDirectory()) return {state: 'directory'}
  } catch {
    return {state: 'missing'}
  }
  try {
    accessSync(path, constants.X_OK)
  } catch {
    return {state: 'not-executable'}
  }
  try {
    const bytes = head(path)
    const script = scriptInterpreter(bytes)
    if (script !== undefined && !exists(script))
      return {state: 'interpreter-missing', interpreter: script, line: 'script'}
    const loader = bytes.toString('latin1', 0, 4) === elfMagic ? elfLoader(bytes) : undefined
    if (loader !== undefined && !exists(loader))
      return {state: 'interpreter-missing', interpreter: loader, line: 'loader'}
  } catch {
    // Executable but not readable: nothing more to learn.
  }
  return {state: 'present'}
}
