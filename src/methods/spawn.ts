import {readdirSync} from 'node:fs'
import {PlanError} from '../errors.js'
import {
  type CreationCall,
  hasCloseRange,
  nativeRun,
  nativeSpawn,
  posixSpawnFeatures,
  type RunResult,
  type SpawnResult,
  tryToSetBlocking,
} from '../native/core.js'
import {type LoweredPlan, type Lowering, lower} from '../plan/lower.js'
import type {Plan} from '../plan/plan.js'
import type {Arch} from '../plan/syscalls.js'
import {refuseUnlessCapable} from './capability.js'
import {diagnose, preparing} from './diagnosis/diagnose.js'
import {openFiles} from './files.js'
import {type Method, methodTraits} from './method.js'
import {heldZygote, openCaller, startZygote, type Zygote} from './zygote.js'

export type {Zygote} from './zygote.js'

/** A child whose program runs. The pidfd is the holder's to close; -1 where the kernel has none. */
export interface Spawned {
  readonly method: Method
  readonly syscall: CreationCall
  readonly pid: number
  readonly pidfd: number
  readonly callerBlockedNs: number
  readonly spawnToExecNs: number
}

/** A child that has run and was reaped. */
export interface Ran extends Omit<Spawned, 'pidfd'> {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  /** Signal number, or null. */
  readonly signal: number | null
  readonly coreDumped: boolean
  /** The terminal's Ctrl-C or Ctrl-\ ended it, and reached this process as well. */
  readonly interrupted: boolean
  /** The host reaps its children itself (SIGCHLD ignored): the end is not known. */
  readonly reapedElsewhere: boolean
  readonly elapsedNs: number
}

function openDescriptors(): readonly number[] {
  return readdirSync('/proc/self/fd').map(Number)
}

/** How a method of this process wants its block. */
export function scriptLowering(method: Method): Lowering {
  const arch = process.arch as Arch
  const {number: methodNumber} = methodTraits[method]
  if (method === 'posix_spawn')
    return {
      methodNumber,
      arch,
      form: 'posix_spawn',
      openFds: posixSpawnFeatures().closefrom ? undefined : openDescriptors(),
    }
  return {methodNumber, arch, form: 'script', openFds: hasCloseRange() ? undefined : openDescriptors()}
}

/** What posix_spawn has no action for, done here: the description is the same. A bad one is for the child to report. */
function makeBlocking(plan: Plan): void {
  for (const step of plan.steps)
    if (step.kind === 'descriptors')
      for (const {from, blocking} of step.placements) if (blocking && typeof from === 'number') tryToSetBlocking(from)
}

/**
 * Opens the plan's files, lowers it, and hands the block to a function of the core.
 * @throws {SpawnError} when the program does not run
 */
export function engage<Result extends SpawnResult>(
  plan: Plan,
  method: Method,
  zygote: Zygote | undefined,
  native: (image: Uint8Array, lowered: LoweredPlan) => Result,
): Result {
  if (method === 'zygote' && zygote === undefined)
    throw new PlanError('E_REFUSED', 'the method zygote needs an open zygote', {next: 'zygote: new Zygote()'})
  const files = openFiles(plan)
  let caller: ReturnType<typeof openCaller> | undefined
  try {
    caller = method === 'zygote' ? preparing(method, openCaller) : undefined
    const lowering: Lowering =
      caller === undefined
        ? preparing(method, () => scriptLowering(method))
        : {
            methodNumber: methodTraits.zygote.number,
            arch: process.arch as Arch,
            openFds: undefined,
            form: 'zygote',
            zygoteSocket: (zygote as Zygote).socket,
            caller,
          }
    if (method === 'posix_spawn') makeBlocking(files.plan)
    const lowered = lower(files.plan, lowering)
    const result = native(lowered.image, lowered)
    if (result.stage !== 'spawned') throw diagnose(method, plan, lowered, result)
    return result
  } finally {
    files.close()
    caller?.close()
  }
}

function spawned(method: Method, result: SpawnResult): Omit<Spawned, 'pidfd'> {
  const {creationCall, pid, callerBlockedNs, spawnToExecNs} = result
  return {method, syscall: creationCall, pid, callerBlockedNs, spawnToExecNs}
}

/**
 * Creates a child by exactly this method; returns when its program runs.
 * @param zygote an open one, for method "zygote"
 * @throws {PlanError} before any process exists
 * @throws {SpawnError} when creation, housekeeping or execve failed; nothing is left of the child
 */
export function spawnPlan(plan: Plan, method: Method, zygote?: Zygote): Spawned {
  refuseUnlessCapable(plan, method)
  const result = engage(plan, method, zygote, nativeSpawn)
  return {...spawned(method, result), pidfd: result.pidfd}
}

/** Starts a zygote: to be done early, while the process is as its children shall find it. */
export function openZygote(): Zygote {
  return heldZygote(startZygote(spawnPlan))
}

/**
 * Creates a child, passes signals on to it and waits for its end; the calling thread sleeps meanwhile. What `exec` does.
 * @throws as spawnPlan
 */
export function runPlan(plan: Plan, method: Method): Ran {
  refuseUnlessCapable(plan, method)
  const zygote = method === 'zygote' ? openZygote() : undefined
  try {
    const result: RunResult = engage(plan, method, zygote, nativeRun)
    return {
      ...spawned(method, result),
      exitCode: result.exitCode < 0 || result.waitErrno !== 0 ? null : result.exitCode,
      signal: result.signal === 0 ? null : result.signal,
      coreDumped: result.coreDumped,
      interrupted: result.interrupted,
      reapedElsewhere: result.waitErrno !== 0,
      elapsedNs: result.elapsedNs,
    }
  } finally {
    zygote?.close()
  }
}
