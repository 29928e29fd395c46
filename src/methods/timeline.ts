import type {RunResult} from '../native/core.js'
import type {LoweredPlan} from '../plan/lower.js'
import type {ScriptCall} from '../plan/script.js'
import {signalName} from '../plan/signals.js'
import {readStamps, type Stamps} from '../plan/stamps.js'
import type {Supervision} from '../plan/supervision.js'
import type {SyscallName} from '../plan/syscalls.js'
import {type ChildName, followsMaker, makersOf} from './children.js'
import {describeErrno} from './diagnosis/errno.js'
import {type Method, methodTraits} from './method.js'

/** Who does something; a child that makes another for the program becomes spawnctl-init. */
export type Actor = 'caller' | 'keeper' | 'zygote' | 'kernel' | ChildName

/** Something that one side asks of the other, in nanoseconds since the call. */
export interface TimelineEvent {
  readonly kind: 'create' | 'begin' | 'step' | 'execve' | 'fail' | 'resume' | 'settle' | 'signal' | 'exit' | 'tree'
  readonly from: Actor
  readonly to: Actor
  readonly what: string
  readonly atNs: number
  /** Of a step and of execve, as the child's clock or the caller's return tell it; the reading of the clock is in it. */
  readonly durationNs?: number
  /** How many system calls a step was. */
  readonly calls?: number
  readonly errno?: string
}

export interface Timeline {
  readonly method: Method
  /** What really created the child; null when nothing did. */
  readonly syscall: string | null
  /** Null without a child, and of one that posix_spawn made and gave up. */
  readonly pid: number | null
  /** In the order of their time. */
  readonly events: readonly TimelineEvent[]
}

type Timed = Pick<TimelineEvent, 'durationNs'>

function lasting(from: number, to: number | undefined): Timed {
  return to === undefined ? {} : {durationNs: to - from}
}

const mapCalls: readonly SyscallName[] = ['openat', 'write', 'close']

/** What a call is about, where its step is about more than one thing. */
function subject(call: ScriptCall): string {
  const {kind} = call.step
  if (followsMaker(call)) return 'pdeathsig'
  if (kind !== 'unshare') return kind
  if (mapCalls.includes(call.name)) return 'unshare: maps'
  return call.name === 'mount' ? 'unshare: mount' : kind
}

/** Calls of one step, about one thing, stand together; the making of a process is no step's time. */
function grouped(calls: readonly ScriptCall[]): readonly {first: number; end: number; what: string}[] {
  const groups: {first: number; end: number; what: string}[] = []
  calls.forEach((call, i) => {
    if (call.nr < 0) return
    const last = groups.at(-1)
    const what = subject(call)
    if (last !== undefined && last.end === i && last.what === what && calls[last.first]?.step === call.step)
      last.end = i + 1
    else groups.push({first: i, end: i + 1, what})
  })
  return groups
}

function stepEvents(calls: readonly ScriptCall[], stamps: Stamps, result: RunResult): readonly TimelineEvent[] {
  const {makers} = makersOf(calls)
  const failed = result.stage === 'step' ? result.failedStep : -1
  return grouped(calls).flatMap(({first, end, what}): TimelineEvent[] => {
    const atNs = stamps.calls[first]
    if (atNs === undefined) return []
    const isLast = failed >= first && failed < end
    const until = isLast ? stamps.failed : end < calls.length ? stamps.calls[end] : (stamps.execve ?? stamps.failed)
    const from = makers[first] as ChildName
    const count = (isLast ? failed + 1 : end) - first
    return [{kind: 'step', from, to: 'kernel', what, atNs, ...lasting(atNs, until), calls: count}]
  })
}

/** Processes that a script makes; that one begins is seen at its first call. */
function processEvents(calls: readonly ScriptCall[], stamps: Stamps): readonly TimelineEvent[] {
  const {makers, program} = makersOf(calls)
  return calls.flatMap(({nr}, i): TimelineEvent[] => {
    const atNs = stamps.calls[i]
    if (nr >= 0 || atNs === undefined) return []
    const from = makers[i] as ChildName
    const began = stamps.calls[i + 1] ?? (i + 1 < calls.length ? undefined : stamps.execve)
    const begin = {kind: 'begin', from: 'kernel', to: makers[i + 1] ?? program, what: 'begins'} as const
    return [
      {kind: 'create', from, to: 'kernel', what: 'clone', atNs},
      ...(began === undefined ? [] : [{...begin, atNs: began}]),
    ]
  })
}

/** The last one made is the first that knows that it has done its work. */
function initEvents(calls: readonly ScriptCall[], ran: number | undefined): readonly TimelineEvent[] {
  if (ran === undefined) return []
  const {makers, program} = makersOf(calls)
  const inits = [...new Set(makers)].filter(name => name !== program).reverse()
  return inits.map(from => ({kind: 'execve', from, to: 'kernel', what: 'spawnctl-init', atNs: ran}))
}

function ending({exitCode, signal}: RunResult): string {
  return signal === 0 ? `exit ${exitCode}` : signalName(signal)
}

function names(method: Method, {creationCall}: RunResult): string {
  return creationCall === 'none' ? method : creationCall.replace(/ \(.*/, '')
}

/**
 * What happened when. posix_spawn's child is libc's own and notes nothing; a failed creation has no child.
 * @param lowered with `stamped`, after the core has run it
 */
export function timelineOf(
  method: Method,
  {kept, signal}: Pick<Supervision, 'kept' | 'signal'>,
  lowered: LoweredPlan,
  result: RunResult,
): Timeline {
  const stamps = readStamps(lowered.image)
  const parent: Actor = kept ? 'keeper' : 'caller'
  const maker: Actor = method === 'zygote' ? 'zygote' : parent
  const {makers, program} = makersOf(lowered.calls)
  const errno = result.errno === 0 ? {} : {errno: describeErrno(result.errno).name}
  const ran = result.stage === 'spawned'
  const events: TimelineEvent[] = [
    ...processEvents(lowered.calls, stamps),
    ...stepEvents(lowered.calls, stamps, result),
  ]
  const note = (atNs: number | undefined, event: Omit<TimelineEvent, 'atNs'>) => {
    if (atNs !== undefined) events.push({...event, atNs})
  }
  const known = methodTraits[method].birth.sharesMemory && !methodTraits[method].birth.besideCaller
  const returned = known ? stamps.resumed : stamps.settled
  events.push(...initEvents(lowered.calls, ran ? returned : undefined))
  if (method === 'zygote') note(stamps.creating, {kind: 'create', from: parent, to: 'zygote', what: 'sendmsg'})
  const creating = method === 'zygote' ? stamps.zygote : stamps.creating
  note(creating, {kind: 'create', from: maker, to: 'kernel', what: names(method, result)})
  note(stamps.began, {kind: 'begin', from: 'kernel', to: 'child', what: 'begins'})
  const executed = stamps.failed ?? returned
  if (stamps.execve !== undefined)
    note(stamps.execve, {
      kind: 'execve',
      from: program,
      to: 'kernel',
      what: 'execve',
      ...lasting(stamps.execve, executed),
    })
  const who = result.stage === 'step' ? (makers[result.failedStep] ?? 'child') : program
  note(stamps.failed, {kind: 'fail', from: who, to: 'kernel', what: '_exit', ...errno})
  const answerer: Actor = method === 'zygote' ? 'zygote' : 'kernel'
  const failedHere = stamps.began === undefined && !ran
  note(stamps.resumed, {
    kind: 'resume',
    from: answerer,
    to: parent,
    what: failedHere ? 'fails' : 'resumed',
    ...(failedHere && errno),
  })
  if (!known) note(stamps.settled, {kind: 'settle', from: 'kernel', to: parent, what: ran ? 'running' : 'failed'})
  note(stamps.timedOut, {kind: 'signal', from: parent, to: 'kernel', what: signalName(signal)})
  note(stamps.killed, {kind: 'signal', from: parent, to: 'kernel', what: 'SIGKILL'})
  note(stamps.reaped, {kind: 'exit', from: 'kernel', to: parent, what: ending(result)})
  note(stamps.treeEnded, {kind: 'tree', from: parent, to: 'kernel', what: 'end tree'})
  const {creationCall, pid} = result
  const inOrder = events.sort((a, b) => a.atNs - b.atNs)
  return {method, syscall: creationCall === 'none' ? null : creationCall, pid: pid > 0 ? pid : null, events: inOrder}
}
