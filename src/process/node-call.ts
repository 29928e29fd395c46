import type {NodeOptions} from './node-plan.js'

/** Node's own handle for a pipe, made before the child and empty until it is given a descriptor. */
export interface PipeHandle {
  /** @returns 0 or a negative errno */
  open(fd: number): number
}

/** One number of the child, as Node's child_process describes it to its process handle. */
export type NodeStdio =
  | {readonly type: 'ignore'}
  | {readonly type: 'pipe' | 'overlapped'; readonly handle: PipeHandle}
  | {readonly type: 'inherit' | 'fd'; readonly fd: number}
  | {readonly type: 'wrap'; readonly handle: {readonly fd: number}}

export interface NodeCall extends NodeOptions {
  readonly stdio: readonly NodeStdio[]
}

/** Node 24: kProcessFlagDetached of its process_wrap binding. */
const detachedFlag = 1

function isStrings(value: unknown): boolean {
  return value == null || (Array.isArray(value) && value.every(text => typeof text === 'string'))
}

function isId(value: unknown): boolean {
  return value == null || Number.isInteger(value)
}

function isStdio(entry: unknown): boolean {
  const {type, fd, handle} = (entry ?? {}) as {type?: unknown; fd?: unknown; handle?: {open?: unknown; fd?: unknown}}
  switch (type) {
    case 'ignore':
      return true
    case 'pipe':
    case 'overlapped':
      return typeof handle?.open === 'function'
    case 'inherit':
    case 'fd':
      return Number.isInteger(fd)
    case 'wrap':
      return Number.isInteger(handle?.fd)
  }
  return false
}

/** Up to Node 22 one object, from Node 24 on eight arguments. Without a prototype: a program may have put uid on Object. */
function gather(passed: readonly unknown[]): Record<string, unknown> {
  if (typeof passed[0] === 'object') return {__proto__: null, ...passed[0]}
  const [file, args, cwd, envPairs, stdio, flags, uid, gid] = passed
  return {__proto__: null, file, args, cwd, envPairs, stdio, uid, gid, detached: (Number(flags) & detachedFlag) !== 0}
}

/** What Node's child_process asks its process handle for; undefined when it is nothing that any known version asks. */
export function readNodeCall(passed: readonly unknown[]): NodeCall | undefined {
  const call = gather(passed)
  const {file, args, cwd, envPairs, uid, gid, stdio = []} = call
  if (typeof file !== 'string' || !(cwd == null || typeof cwd === 'string')) return undefined
  if (!(args == null || Array.isArray(args)) || !isStrings(envPairs) || !isId(uid) || !isId(gid)) return undefined
  if (!Array.isArray(stdio) || !stdio.every(isStdio)) return undefined
  return Object.assign(call, {detached: Boolean(call.detached), stdio}) as unknown as NodeCall
}
