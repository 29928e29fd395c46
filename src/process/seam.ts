import {NativeError} from '../errors.js'
import {type NodeHandle, nodeBinding, type ProcessWrap} from './binding.js'
import {childProcess} from './child-process.js'
import {ProcessHandle, type Wishes} from './handle.js'
import {readNodeCall} from './node-call.js'

/** The methods that a ChildProcess calls on its handle. */
const contract = ['spawn', 'kill', 'ref', 'unref', 'hasRef', 'close'] as const

export interface SeamListener {
  spawned(method: string): void
  /** Node's own code does it. */
  passedOn(why: string): void
}

/** Then it keeps the handle that it found: the seam is closed. */
export function isLoaded(): boolean {
  const {moduleLoadList} = process as unknown as {moduleLoadList: readonly string[]}
  return moduleLoadList.includes('NativeModule internal/child_process')
}

function refuse(why: string, next: string): never {
  throw new NativeError('E_SEAM', 'the engine cannot be put in the place of Node’s own', {why, next})
}

/** @throws {NativeError} E_SEAM where this Node does not look as those that are known */
function refuseUnlessKnown(wrap: ProcessWrap): void {
  const next = `spawnctl knows Node 20 to 26; this is ${process.version}`
  const {writable, configurable} = Object.getOwnPropertyDescriptor(wrap, 'Process') ?? {}
  if (typeof wrap.Process !== 'function') refuse('process_wrap has no Process', next)
  if (!writable && !configurable) refuse('the Process of process_wrap cannot be replaced', next)
  const missing = contract.find(name => typeof wrap.Process.prototype[name] !== 'function')
  if (missing !== undefined) refuse(`Node’s process handle has no ${missing}`, next)
}

/** The engine's handle, and Node's own for a call that the engine does not know. */
function handleClass(wrap: ProcessWrap, wishes: Wishes, listener: SeamListener) {
  const NodeProcess = wrap.Process
  return class Process extends ProcessHandle {
    private own: NodeHandle | undefined

    constructor() {
      super(wishes)
    }

    override spawn(...passed: unknown[]): number {
      if (readNodeCall(passed) === undefined) return this.passOn(passed)
      const errno = super.spawn(...passed)
      if (errno === 0) listener.spawned(this.method as string)
      return errno
    }

    private passOn(passed: unknown[]): number {
      listener.passedOn('arguments of a shape that no known version of Node uses')
      const own = new NodeProcess()
      this.own = own
      own.onexit = (code, signal) => this.onexit?.(code, signal)
      const errno = own.spawn(...passed)
      this.pid = own.pid
      if (!this.hasRef()) own.unref()
      return errno
    }

    override kill(signal: number): number {
      return this.own?.kill(signal) ?? super.kill(signal)
    }

    override ref(): void {
      super.ref()
      this.own?.ref()
    }

    override unref(): void {
      super.unref()
      this.own?.unref()
    }

    override close(done?: () => void): void {
      super.close(done)
      this.own?.close()
    }
  }
}

/**
 * Puts the engine under every ChildProcess of this thread, and looks whether it is there.
 * @throws {NativeError} E_SEAM; then all is as before
 */
export function installSeam(wishes: Wishes, listener: SeamListener): void {
  const wrap = nodeBinding('process_wrap')
  refuseUnlessKnown(wrap)
  const before = wrap.Process
  const Process = handleClass(wrap, wishes, listener)
  wrap.Process = Process as unknown as ProcessWrap['Process']
  const {ChildProcess} = childProcess() as unknown as {ChildProcess: new () => {_handle: unknown}}
  const handle = new ChildProcess()._handle
  if (handle instanceof Process) {
    handle.close()
    return
  }
  wrap.Process = before
  refuse('a new ChildProcess does not use the handle that was put there', `this is ${process.version}`)
}
