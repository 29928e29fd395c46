import {accessSync, constants, statSync} from 'node:fs'
import {type Advice, SpawnctlError, SpawnError, type SpawnFailure} from '../../errors.js'
import type {RunResult, SpawnResult} from '../../native/core.js'
import type {LoweredPlan} from '../../plan/lower.js'
import type {Plan} from '../../plan/plan.js'
import {mountProc} from '../../plan/proc.js'
import {signalName} from '../../plan/signals.js'
import type {Step} from '../../plan/step.js'
import {type Arch, callerSyscallNumbers} from '../../plan/syscalls.js'
import {readableText} from '../../plan/text.js'
import type {Method} from '../method.js'
import {explainCreation, explainMemoryLimit, explainPidsLimit} from './creation.js'
import {describeErrno} from './errno.js'
import {diagnoseExec} from './exec.js'
import {failedItself, stepError, unclearError} from './step.js'

/** What the creation of a child says of the namespaces that begin with it. */
const refusesNamespaces = new Set(['EPERM', 'EINVAL', 'ENOSPC', 'EUSERS'])

function callerSyscall(nr: number): string | undefined {
  const numbers: Readonly<Record<string, number>> = callerSyscallNumbers[process.arch as Arch]
  return Object.keys(numbers).find(name => numbers[name] === nr)
}

function execError(method: Method, plan: Plan, lowered: Script, errno: number): SpawnError {
  const {name, text} = describeErrno(errno)
  const {code, message, exitCode, ...advice} = diagnoseExec(plan, lowered.candidates, name, text)
  return new SpawnError(code, message, {stage: 'exec', method, syscall: 'execve', errno: name}, advice, exitCode)
}

/** posix_spawn tells only an errno; what it cannot be is found out by looking. */
function guiltyStep(plan: Plan, errno: number): Step | undefined {
  const {name} = describeErrno(errno)
  if (name === 'EBADF') return plan.steps.find(step => step.kind === 'descriptors')
  if (name === 'ENXIO' || name === 'ENOTTY') return plan.steps.find(step => step.kind === 'foreground')
  const chdir = plan.steps.find(step => step.kind === 'chdir')
  if (chdir === undefined) return undefined
  const path = readableText(chdir.path)
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isDirectory() ? undefined : chdir
  } catch {
    return chdir
  }
}

function creationError(
  method: Method,
  stage: 'prepare' | 'create',
  call: string | undefined,
  errno: number,
  known?: Advice,
): SpawnError {
  const {name, text} = describeErrno(errno)
  const syscall = call ?? (method === 'clone-vm' ? 'clone' : method)
  const doing = stage === 'create' ? 'the child could not be created' : 'the spawn could not be prepared'
  const failure: SpawnFailure = {stage, method, syscall, errno: name}
  const advice = known ?? explainCreation(method, name)
  return new SpawnError(
    stage === 'create' ? 'E_CREATE' : 'E_PREPARE',
    `${doing}: ${syscall}: ${text} (${name})`,
    failure,
    advice,
    failedItself,
  )
}

/** What a path tells of a system call of Node's own. */
function explainPath({code, path}: NodeJS.ErrnoException): Advice | undefined {
  if (path?.startsWith('/proc/') && code === 'ENOENT') return {why: `there is no ${path} here`, next: mountProc}
  if (path === '/dev/null' && code === 'ENOENT')
    return {why: `there is no ${path} here`, next: `mknod -m 666 ${path} c 1 3`}
  if (path === '.' && code === 'EACCES')
    return {
      why: 'the zygote’s child has to enter the working directory, which this user may not',
      next: 'cd / before; or --method clone, whose child is there already',
    }
  return undefined
}

/** Runs what a spawn needs of the caller; a system call of Node's own that fails is told like one of the core's. */
export function preparing<T>(method: Method, run: () => T): T {
  try {
    return run()
  } catch (error) {
    const {errno, syscall} = error as NodeJS.ErrnoException
    if (error instanceof SpawnctlError || errno === undefined) throw error
    throw creationError(method, 'prepare', syscall, Math.abs(errno), explainPath(error as NodeJS.ErrnoException))
  }
}

function killedError(method: Method, steps: readonly Step[], waitStatus: number): SpawnError {
  const signal = waitStatus & 0x7f
  const end = signal === 0 ? `exited with ${waitStatus >> 8}` : `was killed by ${signalName(signal)}`
  const limit = signalName(signal) === 'SIGKILL' ? explainMemoryLimit(steps) : undefined
  const advice: Advice = {
    why: 'something outside ended it: a signal to the whole group, the OOM killer, a seccomp filter',
    next: 'dmesg | tail; then try again',
  }
  return new SpawnError(
    'E_KILLED',
    `the child ${end} before it could execute the program`,
    {stage: 'killed', method},
    limit === undefined
      ? advice
      : {why: `the OOM killer may have ended it: ${limit.why}`, next: `${limit.next}; dmesg | tail`},
    failedItself,
  )
}

/** What a zygote that no longer answers amounts to. */
export function zygoteError(why: string): SpawnError {
  const next = 'open a new one, or name a --method that needs none; children that it made live on'
  return new SpawnError(
    'E_ZYGOTE',
    'the zygote is gone',
    {stage: 'zygote', method: 'zygote'},
    {why, next},
    failedItself,
  )
}

type Script = Pick<LoweredPlan, 'calls' | 'candidates' | 'cloneFlags' | 'cgroupCall'>
type Outcome = Pick<SpawnResult, 'stage' | 'failedStep' | 'errno' | 'waitStatus' | 'failedCall'>

/** @throws {SpawnError} when there was no keeper, or it was killed: what became of the program is not known then. */
export function refuseLostKeeper(method: Method, {keeperErrno, keeperSignal}: RunResult): void {
  if (keeperErrno !== 0) throw creationError('fork', 'create', 'fork', keeperErrno)
  if (keeperSignal === 0) return
  const advice: Advice = {
    why: 'something outside ended it: the OOM killer, a signal to the whole group; its program has got the signal of --pdeathsig',
    next: 'dmesg | tail; then try again',
  }
  const message = `the program’s keeper was killed by ${signalName(keeperSignal)}`
  throw new SpawnError('E_KEEPER', message, {stage: 'killed', method}, advice, failedItself)
}

/** @throws {SpawnctlError} when the kernel does not tell how the program ended. */
export function refuseLostEnd({waitErrno}: Pick<RunResult, 'waitErrno'>): void {
  if (waitErrno === 0) return
  const {name, text} = describeErrno(waitErrno)
  if (name === 'ECHILD')
    throw new SpawnctlError('E_REAPED', 'the program’s exit status is lost: it was reaped elsewhere', {
      why: 'spawnctl was started with SIGCHLD ignored, so the kernel reaps its children at once',
      next: 'start it from a program that does not ignore SIGCHLD',
    })
  throw new SpawnctlError('E_REAPED', `the program’s end cannot be waited for: waitid: ${text} (${name})`, {
    why: 'a security policy (seccomp, LSM) refuses the call; the program was started, and may run still',
    next: 'spawnctl doctor tells what to allow',
  })
}

/** A child that is created in a control group has to find room there. */
function explainEntry({steps}: Plan, {cgroupCall}: Script, {errno}: Outcome): Advice | undefined {
  const isFull = cgroupCall !== undefined && describeErrno(errno).name === 'EAGAIN'
  return isFull ? explainPidsLimit(steps) : undefined
}

/** Makes the error that tells what failed, why it may be, and what to type next. */
export function diagnose(method: Method, plan: Plan, lowered: Script, result: Outcome): SpawnError {
  const descriptors = plan.steps.find(step => step.kind === 'descriptors')
  switch (result.stage) {
    case 'step': {
      const call = lowered.calls[result.failedStep]
      if (call === undefined) throw new Error(`the child failed at step ${result.failedStep}, which does not exist`)
      return stepError(method, plan.steps, call.step, call.name, result.errno, lowered.cloneFlags)
    }
    case 'exec':
      return execError(method, plan, lowered, result.errno)
    case 'step-or-exec': {
      const step = guiltyStep(plan, result.errno)
      if (step !== undefined) return stepError(method, plan.steps, step, undefined, result.errno)
      const error = execError(method, plan, lowered, result.errno)
      return error.code === 'E_EXEC' ? (unclearError(method, plan.steps, result.errno) ?? error) : error
    }
    case 'killed':
      return killedError(method, plan.steps, result.waitStatus)
    case 'zygote':
      return zygoteError('it was killed, or died while it served the request')
    case 'prepare':
      if (describeErrno(result.errno).name === 'EBADF' && descriptors !== undefined)
        return stepError(method, plan.steps, descriptors, undefined, result.errno)
      return creationError(method, 'prepare', callerSyscall(result.failedCall), result.errno)
    case 'create': {
      const unshare = plan.steps.find(step => step.kind === 'unshare')
      if (lowered.cloneFlags !== 0 && unshare !== undefined && refusesNamespaces.has(describeErrno(result.errno).name))
        return stepError(method, plan.steps, unshare, callerSyscall(result.failedCall), result.errno)
      return creationError(
        method,
        'create',
        callerSyscall(result.failedCall),
        result.errno,
        explainEntry(plan, lowered, result),
      )
    }
    case 'spawned':
      throw new Error('nothing failed')
  }
}
