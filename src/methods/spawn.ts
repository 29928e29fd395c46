import {readdirSync} from 'node:fs'
import {PlanError} from '../errors.js'
import {
  type CreationCall,
  hasCloseRange,
  hasForeground,
  nativeRun,
  nativeSpawn,
  posixSpawnFeatures,
  type RunOptions,
  type SpawnResult,
  tryToSetBlocking,
} from '../native/core.js'
import {type LoweredPlan, type Lowering, lower} from '../plan/lower.js'
import type {Plan} from '../plan/plan.js'
import type {Room} from '../plan/room.js'
import {type Supervision, unsupervised} from '../plan/supervision.js'
import type {Arch} from '../plan/syscalls.js'
import {refuseUnlessCapable, refuseUnlessSupervisable} from './capability.js'
import {removeCgroups, removeEndingCgroups} from './cgroup.js'
import {type LimitMet, limitsMet} from './cgroup-events.js'
import {diagnose, preparing, refuseLostEnd, refuseLostKeeper} from './diagnosis/diagnose.js'
import {
  hasPidNamespace,
  type KillTree,
  openCgroupKill,
  refuseBlindKillTree,
  refuseLostOrphans,
  withKillGroup,
} from './kill-group.js'
import {type Method, methodTraits} from './method.js'
import {type OpenPlan, openPlan} from './opening.js'
import {openTerminal} from './terminal.js'
import {type Timeline, timelineOf} from './timeline.js'
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
  /** Control groups made for it; who holds it removes them when all its processes have ended: removeCgroups. */
  readonly cgroups: readonly string[]
}

/** A child that has run and was reaped; of the control groups made for it, those that still have processes. */
export interface Ran extends Omit<Spawned, 'pidfd'> {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  /** Signal number, or null. */
  readonly signal: number | null
  readonly coreDumped: boolean
  /** The terminal's Ctrl-C or Ctrl-\ ended it, and reached this process as well. */
  readonly interrupted: boolean
  /** Whether its time was up, and what it was sent. */
  readonly timedOut: 'no' | 'signal' | 'kill'
  /** By what means everything that it started was ended; null when that was not asked for. */
  readonly killTree: KillTree | null
  readonly limitsMet: readonly LimitMet[]
  readonly elapsedNs: number
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.ceil(ms * 1e6))
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

type Opened = Pick<OpenPlan, 'plan' | 'cgroups' | 'takeFiles'>

/**
 * Opens the plan's files, lowers it, and hands the block to a function of the core.
 * @param options see Lowering
 * @throws {SpawnError} when the program does not run
 */
export function engage<Result extends SpawnResult>(
  plan: Plan,
  method: Method,
  zygote: Zygote | undefined,
  native: (lowered: LoweredPlan, opened: Opened) => Result,
  {room, stamped = false, letsGo = false}: {room?: Room; stamped?: boolean; letsGo?: boolean} = {},
): Result & {cgroups: readonly string[]} {
  if (method === 'zygote' && zygote === undefined)
    throw new PlanError('E_REFUSED', 'the method zygote needs an open zygote', {next: 'zygote: new Zygote()'})
  const opened = openPlan(plan, spawnPlan)
  let succeeded = false
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
    if (method === 'posix_spawn') makeBlocking(opened.plan)
    const {takesFlags} = methodTraits[method].birth
    const lowered = lower(opened.plan, {...lowering, takesFlags, openInit: opened.openInit, room, stamped, letsGo})
    const result = native(lowered, opened)
    if (result.stage !== 'spawned') throw diagnose(method, plan, lowered, result)
    succeeded = true
    return {...result, cgroups: opened.cgroups}
  } finally {
    opened.close()
    caller?.close()
    if (!succeeded) removeEndingCgroups(opened.cgroups)
  }
}

function spawned(method: Method, result: SpawnResult & {cgroups: readonly string[]}): Omit<Spawned, 'pidfd'> {
  const {creationCall, pid, callerBlockedNs, spawnToExecNs, cgroups} = result
  return {method, syscall: creationCall, pid, callerBlockedNs, spawnToExecNs, cgroups}
}

/**
 * Creates a child by exactly this method; returns when its program runs.
 * @param zygote an open one, for method "zygote"
 * @throws {PlanError} before any process exists
 * @throws {SpawnError} when creation, housekeeping or execve failed; nothing is left of the child
 */
export function spawnPlan(plan: Plan, method: Method, zygote?: Zygote): Spawned {
  refuseUnlessCapable(plan, method)
  const result = engage(plan, method, zygote, ({image}) => nativeSpawn(image))
  return {...spawned(method, result), pidfd: result.pidfd}
}

/** Starts a zygote: to be done early, while the process is as its children shall find it. */
export function openZygote(): Zygote {
  return heldZygote(startZygote(spawnPlan))
}

/** The zygote makes children of spawnctl's own, which no keeper can stand above. */
function runOptions(
  plan: Plan,
  method: Method,
  supervision: Supervision,
): Omit<RunOptions, 'terminal' | 'terminalPeer' | 'files' | 'cgroups' | 'cgroupKill'> {
  const {timeoutMs, killAfterMs, signal, killTree, kept} = supervision
  return {
    timeoutNs: nanoseconds(timeoutMs),
    killAfterNs: nanoseconds(killAfterMs),
    timeoutSignal: signal,
    killTree,
    keep: kept && method !== 'zygote',
    orphanSignal: plan.steps.find(step => step.kind === 'pdeathsig')?.signal ?? 0,
    letsGo: plan.steps.some(step => step.kind === 'ptrace_stop'),
    foreground: plan.steps.some(step => step.kind === 'foreground'),
  }
}

/** In the background the terminal is not this process's to give; the program has it when a shell gives it to the job. */
function withForegroundOwned(plan: Plan): Plan {
  if (!plan.steps.some(({kind}) => kind === 'foreground') || hasForeground()) return plan
  return {...plan, steps: plan.steps.filter(({kind}) => kind !== 'foreground')}
}

/**
 * Creates a child, passes signals on to it and waits for its end; the calling thread sleeps meanwhile. What `exec` does.
 * @param tell gets the moments of the spawn, also of one that fails; without it none are noted
 * @throws as spawnPlan
 */
export function runPlan(
  plan: Plan,
  method: Method,
  supervision = unsupervised,
  tell?: (timeline: Timeline) => void,
): Ran {
  refuseUnlessCapable(plan, method)
  refuseUnlessSupervisable(supervision, method)
  refuseBlindKillTree(plan, supervision)
  const zygote = method === 'zygote' ? openZygote() : undefined
  let terminal: ReturnType<typeof openTerminal> | undefined
  try {
    terminal = openTerminal(withForegroundOwned(withKillGroup(plan, supervision)))
    const {plan: opened, take} = terminal
    const options = runOptions(plan, method, supervision)
    let killTree = 'descendants' as KillTree
    const native = (lowered: LoweredPlan, {plan: open, cgroups, takeFiles}: Opened) => {
      const kill = openCgroupKill(supervision.killTree ? cgroups : [])
      killTree = hasPidNamespace(plan) ? 'pid namespace' : kill.fd >= 0 ? 'cgroup.kill' : 'descendants'
      if (supervision.killTree) refuseLostOrphans(open, killTree)
      const run = nativeRun(lowered.image, {...options, ...take(), files: takeFiles(), cgroups, cgroupKill: kill.fd})
      kill.close()
      refuseLostKeeper(method, run)
      refuseLostEnd(run)
      tell?.(timelineOf(method, {...supervision, kept: options.keep}, lowered, run))
      return run
    }
    const result = engage(opened, method, zygote, native, {stamped: tell !== undefined, letsGo: true})
    const areEnding = killTree === 'cgroup.kill' || result.timedOut !== 'no' || result.signal !== 0
    return {
      ...spawned(method, result),
      limitsMet: limitsMet(result.cgroups),
      cgroups: areEnding ? removeEndingCgroups(result.cgroups) : removeCgroups(result.cgroups),
      exitCode: result.exitCode < 0 ? null : result.exitCode,
      signal: result.signal === 0 ? null : result.signal,
      coreDumped: result.coreDumped,
      interrupted: result.interrupted,
      timedOut: result.timedOut,
      killTree: supervision.killTree ? killTree : null,
      elapsedNs: result.elapsedNs,
    }
  } finally {
    terminal?.close()
    zygote?.close()
  }
}
