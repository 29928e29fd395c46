import {AsyncResource} from 'node:async_hooks'
import {constants} from 'node:os'
import {SpawnctlError} from '../errors.js'
import {type Begun, beginPlan} from '../methods/begin.js'
import {leaveCgroups} from '../methods/cgroup.js'
import {type LimitMet, limitsMet} from '../methods/cgroup-events.js'
import type {Method} from '../methods/method.js'
import type {Zygote} from '../methods/zygote.js'
import {type ExitRecord, letGo, signalChild, type Usage} from '../native/children.js'
import type {Plan} from '../plan/plan.js'
import {signalName} from '../plan/signals.js'
import type {Step} from '../plan/step.js'
import {defaultMethod} from './default-method.js'
import {type ExitPipe, exitPipe} from './exits.js'
import {type NodeCall, readNodeCall} from './node-call.js'
import {nodeErrno} from './node-errno.js'
import {nodePlan} from './node-plan.js'
import {closeFarEnds, closeNearEnds, giveNearEnds, type OpenStdio, openStdio} from './stdio.js'

const {EINVAL, EMFILE, ENFILE, ESRCH} = constants.errno
/** libuv names no signal beyond, and Node takes a child that one of them ended for one that exited with 0. */
const lastNamedSignal = 31

/** What is asked for beyond Node's options. */
export interface Wishes {
  /** Left out: defaultMethod. */
  readonly method?: Method | ((plan: Plan) => Method) | undefined
  readonly zygote?: Zygote | undefined
  readonly housekeeping?: readonly Step[]
}

/**
 * Does what Node's own process handle does for a ChildProcess, by the engine: negative returns are errno, and `onexit`,
 * which the ChildProcess sets, is called once with its end, or with an errno for a program that never ran.
 */
export class ProcessHandle {
  pid: number | undefined
  onexit: ((code: number | null, signal: string) => void) | undefined
  /** What is behind the last errno. */
  failure: SpawnctlError | undefined
  usage: Usage | undefined
  limitsMet: readonly LimitMet[] | undefined
  /** What created the child. */
  method: Method | undefined
  private begun: Begun | undefined
  private exits: ExitPipe | undefined
  private referenced = true
  private closed = false
  private readonly resource = new AsyncResource('PROCESSWRAP', {requireManualDestroy: true})

  constructor(private readonly wishes: Wishes = {}) {}

  /** -1 where the kernel has none, undefined before the spawn and after the exit. */
  get pidfd(): number | undefined {
    return this.begun?.pidfd
  }

  spawn(...passed: unknown[]): number {
    const call = readNodeCall(passed)
    return call === undefined || this.begun !== undefined ? -EINVAL : this.start(call)
  }

  kill(signal: number): number {
    return this.begun === undefined ? -ESRCH : signalChild(this.begun.child, signal)
  }

  ref(): void {
    if (!this.referenced) this.exits?.hold()
    this.referenced = true
  }

  unref(): void {
    if (this.referenced) this.exits?.release()
    this.referenced = false
  }

  hasRef(): boolean {
    return this.referenced && !this.closed
  }

  getAsyncId(): number {
    return this.resource.asyncId()
  }

  close(done?: () => void): void {
    if (this.closed) return
    this.unref()
    this.closed = true
    this.resource.emitDestroy()
    if (done !== undefined) setImmediate(done)
  }

  private start(call: NodeCall): number {
    let stdio: OpenStdio | undefined
    try {
      stdio = openStdio(call.stdio)
      this.begin(call, stdio)
    } catch (error) {
      const errno = nodeErrno(error)
      if (error instanceof SpawnctlError) this.failure = error
      // Node forgets its pipe handles after these two; after any other error it still reads the pipes to their end.
      if (stdio !== undefined && (errno === -EMFILE || errno === -ENFILE)) closeNearEnds(stdio)
      else if (stdio !== undefined) giveNearEnds(stdio)
      return errno
    }
    giveNearEnds(stdio)
    return 0
  }

  private begin(call: NodeCall, stdio: OpenStdio): void {
    const exits = exitPipe()
    const id = exits.expect(record => this.end(record))
    let farEndsGiven = false
    try {
      const plan = nodePlan(call, stdio.sources, this.wishes.housekeeping)
      const {method: asked = defaultMethod} = this.wishes
      const method = typeof asked === 'function' ? asked(plan) : asked
      const given = stdio.pipes.map(({far}) => far)
      farEndsGiven = true
      this.begun = beginPlan(plan, method, exits.name, id, given, this.wishes.zygote)
    } catch (error) {
      exits.forget(id)
      if (!farEndsGiven) closeFarEnds(stdio)
      throw error
    }
    this.exits = exits
    this.pid = this.begun.pid
    this.method = this.begun.method
    if (this.referenced) exits.hold()
  }

  private end(record: ExitRecord): void {
    const {child, explain, cgroups} = this.begun as Begun
    letGo(child)
    this.limitsMet = limitsMet(cgroups)
    leaveCgroups(cgroups)
    this.begun = undefined
    this.usage = record.usage
    const {failure} = record
    if (failure !== undefined && failure.stage !== 'killed') this.failure = explain(failure)
    const errno = this.failure === undefined ? 0 : nodeErrno(this.failure)
    if (this.referenced) this.exits?.release()
    this.exits = undefined
    if (this.closed) return
    const {exitCode, signal, waitErrno} = record
    if (errno < 0) this.tell(errno, '')
    else if (waitErrno !== 0) this.tell(null, '')
    else this.tell(Math.max(exitCode, 0), signal > 0 && signal <= lastNamedSignal ? signalName(signal) : '')
  }

  private tell(code: number | null, signal: string): void {
    this.resource.runInAsyncScope(() => this.onexit?.(code, signal))
  }
}
