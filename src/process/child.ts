import {channel} from 'node:diagnostics_channel'
import {EventEmitter} from 'node:events'
import {getSystemErrorName} from 'node:util'
import {SpawnError} from '../errors.js'
import type {LimitMet} from '../methods/cgroup-events.js'
import type {Method} from '../methods/method.js'
import type {Usage} from '../native/children.js'
import {childProcess} from './child-process.js'
import {ProcessHandle, type Wishes} from './handle.js'

/** Node's ChildProcess, and what the engine knows beyond. */
export interface Child extends NodeChild {
  /** What created it; undefined when nothing did. */
  readonly method: Method | undefined
  /** Its own until the exit; undefined before and after, and -1 where the kernel has none. */
  readonly pidfd: number | undefined
  /** From the exit on. */
  readonly usage: Usage | undefined
  /** Limits of its own control group that it has met; from the exit on. */
  readonly limitsMet: readonly LimitMet[] | undefined
}

type NodeChild = import('node:child_process').ChildProcess

/** What Node's constructor would have made, and its methods use. */
interface Inside {
  _handle: ProcessHandle | null
  _closesNeeded: number
  _closesGot: number
  spawnfile: string | null
  spawnargs: readonly string[]
  exitCode: number | null
  signalCode: string | null
  stdin: {destroy(): void} | null
  stdio: readonly ({readable?: boolean; resume(): void} | null)[] | undefined
  emit(event: string, ...values: unknown[]): boolean
  spawn(options: object): number
}

const handles = new WeakMap<object, ProcessHandle>()
const created = channel('child_process')

function property<Name extends 'method' | 'pidfd' | 'usage' | 'limitsMet'>(name: Name) {
  return {
    configurable: true,
    enumerable: false,
    get(this: object): ProcessHandle[Name] {
      return handles.get(this)?.[name] as ProcessHandle[Name]
    },
  }
}

let prototype: object | undefined

function childPrototype(): object {
  prototype ??= Object.create(childProcess().ChildProcess.prototype, {
    method: property('method'),
    pidfd: property('pidfd'),
    usage: property('usage'),
    limitsMet: property('limitsMet'),
  }) as object
  return prototype
}

/** What Node says of an errno. */
function fieldsOf({spawnfile, spawnargs}: Inside, errno: number) {
  const syscall = spawnfile ? `spawn ${spawnfile}` : 'spawn'
  const code = getSystemErrorName(errno)
  return {errno, code, syscall, ...(spawnfile && {path: spawnfile}), spawnargs: spawnargs.slice(1)}
}

/** An error with the fields of Node's own; behind it the failure, where it is to be told. */
function errorOf(child: Inside, handle: ProcessHandle, errno: number, explained: boolean): Error {
  const fields = fieldsOf(child, errno)
  const error = (explained && handle.failure) || new Error(`${fields.syscall} ${fields.code}`)
  return Object.assign(error, fields)
}

/** Node's mark on a stream that became a descriptor of another child: that one reads it. */
function isUsedAsStdio(stream: object): boolean {
  const mark = Object.getOwnPropertySymbols(stream).find(({description}) => description === 'kIsUsedAsStdio')
  return mark !== undefined && Boolean((stream as Record<symbol, unknown>)[mark])
}

/** What nobody has read is read to its end, so that "close" comes. */
function flush({stdio}: Inside): void {
  for (const stream of stdio ?? []) if (stream?.readable && !isUsedAsStdio(stream)) stream.resume()
}

function closeOnce(child: Inside): void {
  if (++child._closesGot === child._closesNeeded) child.emit('close', child.exitCode, child.signalCode)
}

function exited(child: Inside, handle: ProcessHandle, explained: boolean, code: number | null, signal: string): void {
  if (signal) child.signalCode = signal
  else child.exitCode = code
  child.stdin?.destroy()
  handle.close()
  child._handle = null
  if (code !== null && code < 0) child.emit('error', errorOf(child, handle, code, explained))
  else child.emit('exit', child.exitCode, child.signalCode)
  process.nextTick(flush, child)
  closeOnce(child)
}

/**
 * A ChildProcess of Node's with the engine's handle. Made without Node's constructor, which would make Node's own handle,
 * and that can neither be started nor be freed.
 * @param explained its errors are SpawnErrors
 */
function makeChild(wishes: Wishes, explained: boolean): {child: Child; inside: Inside; handle: ProcessHandle} {
  const inside: Inside = Object.create(childPrototype())
  const handle = new ProcessHandle(wishes)
  EventEmitter.call(inside as unknown as EventEmitter)
  Object.assign(inside, {
    _closesNeeded: 1,
    _closesGot: 0,
    connected: false,
    signalCode: null,
    exitCode: null,
    killed: false,
    spawnfile: null,
    _handle: handle,
  })
  handle.onexit = (code, signal) => exited(inside, handle, explained, code, signal)
  handles.set(inside, handle)
  if (created.hasSubscribers) created.publish({process: inside})
  return {child: inside as unknown as Child, inside, handle}
}

/**
 * Starts a child from options that Node has read.
 * @throws as Node's ChildProcess.spawn; a SpawnError or PlanError where errors are explained
 */
export function startChild(options: object, wishes: Wishes, explained: boolean): Child {
  const {child, inside, handle} = makeChild(wishes, explained)
  try {
    inside.spawn(options)
  } catch (error) {
    if (!explained || handle.failure === undefined) throw error
    const {errno} = error as {errno: number}
    throw handle.failure instanceof SpawnError ? Object.assign(handle.failure, fieldsOf(inside, errno)) : handle.failure
  }
  return child
}
