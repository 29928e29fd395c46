import {explainWant} from '../methods/diagnosis/creation.js'
import {describeErrno} from '../methods/diagnosis/errno.js'
import type {ProbeResult} from '../native/probe.js'
import {signalName} from '../plan/signals.js'
import {isFiltered, kernelHas} from './machine.js'

/** What a probe found. `evidence` says what was seen; `detail` is the part of it that is worth a word even when all is well. */
export type Outcome = {readonly state: 'works'; readonly evidence: string; readonly detail?: string} | NotWell

export interface NotWell {
  /** Not there at all; there, but not for us; or not to be found out. */
  readonly state: 'missing' | 'refused' | 'unknown'
  /** Symbolic, "EPERM", where the kernel gave one. */
  readonly errno?: string
  readonly evidence: string
  /** What to do about it, where that is not the matter of what was tried: a limit that is reached, no /proc. */
  readonly next?: string
}

/** Errors that say "I do not know that call, or that flag". */
const unknownToKernel = ['ENOSYS', 'EINVAL', 'E2BIG']
/** Errors that say "not you", "not here" or "no more of them". */
const denials = ['EPERM', 'EACCES', 'ENOSPC', 'EROFS', 'EBUSY', 'EUSERS']

export function works(evidence: string, detail?: string): Outcome {
  return {state: 'works', evidence, ...(detail !== undefined && {detail})}
}

/** A want of processes, memory or descriptors says nothing of what was tried. Undefined where the errno is another. */
export function wanting(said: string, errno: string): NotWell | undefined {
  const want = explainWant(errno)
  return want && {state: 'unknown', errno, evidence: `${said}: ${want.why}`, next: want.next}
}

/**
 * What an errno means for a call.
 * @param since the kernel version that brought it: a later kernel that says ENOSYS is contradicted by its version
 */
function refusedCall(call: string, errno: number, since: string | undefined): NotWell {
  const {name, text} = describeErrno(errno)
  const said = `${call}: ${text} (${name})`
  const want = wanting(said, name)
  if (want !== undefined) return want
  if (name === 'ENOSYS' && since !== undefined && kernelHas(since) && isFiltered())
    return {
      state: 'refused',
      errno: name,
      evidence: `${said}, though Linux has it since ${since}: a seccomp filter answers in the kernel’s name`,
    }
  if (unknownToKernel.includes(name)) {
    const version = since === undefined ? '' : `; Linux has it since ${since}`
    return {state: 'missing', errno: name, evidence: `${said}${version}`}
  }
  return {state: denials.includes(name) ? 'refused' : 'unknown', errno: name, evidence: said}
}

function killed(waitStatus: number): NotWell {
  const signal = waitStatus & 0x7f
  if (signal === 0) return {state: 'unknown', evidence: 'the child that tried it ended before it was done'}
  const name = signalName(signal)
  return name === 'SIGSYS'
    ? {state: 'refused', evidence: 'the child that tried it was killed by SIGSYS: a seccomp filter kills who asks'}
    : {state: 'unknown', evidence: `the child that tried it was killed by ${name}`}
}

export interface Tried {
  /** What the call is, by its index; and the one that creates the child, under -1. */
  readonly named: (index: number) => string
  readonly since: string | undefined
  readonly timeoutMs: number
}

export function outcomeOf(result: ProbeResult, {named, since, timeoutMs}: Tried): Outcome {
  switch (result.end) {
    case 'worked':
      return works('tried in a child of its own')
    case 'failed':
      return refusedCall(named(result.failedStep), result.errno, since)
    case 'not-created':
      return refusedCall(named(-1), result.errno, since)
    case 'killed':
      return killed(result.waitStatus)
    case 'hung':
      return {state: 'unknown', evidence: `the child that tried it gave no answer within ${timeoutMs} ms`}
    case 'untried': {
      const {name, text} = describeErrno(result.errno)
      const said = `no child to try it in: ${text} (${name})`
      return wanting(said, name) ?? {state: 'unknown', errno: name, evidence: said}
    }
  }
}
