import {writeSync} from 'node:fs'
import {isatty} from 'node:tty'
import {SpawnctlError} from '../errors.js'
import type {LimitMet} from '../methods/cgroup-events.js'
import {nap} from '../methods/nap.js'
import type {Ran} from '../methods/spawn.js'
import {terminalColumns} from '../native/core.js'
import {escapeControls} from '../plan/control-characters.js'
import {signalName} from '../plan/signals.js'
import {hangingLines} from '../report/wrap-words.js'

const stdout = 1
const stderr = 2
const pauseMs = 1

/**
 * Writes without touching Node's streams: they would change the flags of descriptions shared with the child. A slow reader
 * of a pipe that does not block is waited for, as one of a pipe that does.
 * @returns the error that ended it, "ENOSPC"
 */
export function writeAll(fd: number, text: string): string | undefined {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN') return code
      nap(pauseMs)
    }
  }
}

const lookAtOutput: Readonly<Record<string, string>> = {
  EBADF: 'ls -l /proc/self/fd/1: it is not open for writing',
  EFBIG: 'ulimit -f tells how large a file may be',
}

/** Standard output is full, or lost, and with it all that a command is for. */
export class LostOutput extends SpawnctlError {
  /** @param code "ENOSPC" */
  constructor(code: string) {
    super('E_OUTPUT', `standard output could not be written (${code})`, {
      why: 'what is written there is all that this command is for',
      next: `${lookAtOutput[code] ?? 'df -h tells what is full'}; or send it to another file`,
    })
  }
}

/**
 * Writes what a command is for. A reader that has gone has read enough.
 * @throws {LostOutput}
 */
export function print(text: string): void {
  const lost = writeAll(stdout, text)
  if (lost !== undefined && lost !== 'EPIPE') throw new LostOutput(lost)
}

/** Where lines on standard error end; undefined where it is no terminal. Looked up only when there is something to say. */
function columnsOfStderr(): number | undefined {
  if (!isatty(stderr)) return undefined
  try {
    return terminalColumns(stderr)
  } catch {
    return undefined // the native core may be what is missing
  }
}

/** A text whose leading spaces, if any, belong to its indentation. */
export function say(text: string): void {
  const label = `spawnctl: ${/^ */.exec(text)?.[0]}`
  writeAll(stderr, `${hangingLines(label, escapeControls(text.trimStart()), columnsOfStderr()).join('\n')}\n`)
}

/** What failed, why it may be, what to type next; one line each, or wrapped where there is an end to lines. */
function formatError({message, why, next}: SpawnctlError, columns?: number): string {
  const lines = [
    ...hangingLines('spawnctl: ', escapeControls(message), columns),
    ...(why === undefined ? [] : hangingLines('why:  ', escapeControls(why), columns)),
    ...(next === undefined ? [] : hangingLines('next: ', escapeControls(next), columns, 'clauses')),
  ]
  return `${lines.join('\n')}\n`
}

/** To standard error: for a program one line of JSON, for a person text. */
export function writeError(error: SpawnctlError, asJson: boolean, exitCode = error.exitCode): void {
  writeAll(stderr, asJson ? `${JSON.stringify(errorAsJson(error, exitCode))}\n` : formatError(error, columnsOfStderr()))
}

export function errorAsJson(error: SpawnctlError, exitCode = error.exitCode): object {
  const {code, message, why, next} = error
  const failure = 'failure' in error ? error.failure : undefined
  return {error: {code, message, why, next, exitCode, failure}}
}

/** The documented report (docs/exec.md). */
export function reportOf(ran: Ran): object {
  const {method, syscall, pid, exitCode, signal, coreDumped, callerBlockedNs, spawnToExecNs, elapsedNs} = ran
  return {
    method,
    syscall,
    pid,
    exitCode,
    signal: signal === null ? null : signalName(signal),
    coreDumped,
    timedOut: ran.timedOut,
    killTree: ran.killTree,
    limitsMet: ran.limitsMet,
    callerBlockedNs,
    spawnToExecNs,
    elapsedNs,
  }
}

function milliseconds(ns: number): string {
  return `${(ns / 1e6).toFixed(2)} ms`
}

export function describeEnd(ran: Ran): string {
  const late = {no: '', signal: ', its time was up', kill: ', its time was up and SIGKILL was needed'}[ran.timedOut]
  const after = `after ${milliseconds(ran.elapsedNs)}${late}`
  if (ran.signal !== null) return `killed by ${signalName(ran.signal)}${ran.coreDumped ? ', core dumped' : ''} ${after}`
  return `exited with ${ran.exitCode} ${after}`
}

/** Said of a limit that was met: the program itself tells it seldom, and never when it was killed. */
export const whatLimitDid: Readonly<Record<LimitMet, string>> = {
  memory: 'the kernel killed a process of its control group for want of memory; --memory-max sets the limit',
  pids: 'a process or thread was refused in its control group; --pids-max sets the limit',
}

export function describeBirth(ran: Ran): string {
  return `pid ${ran.pid} by ${ran.method}: ${ran.syscall}; caller blocked ${milliseconds(ran.callerBlockedNs)}, program running after ${milliseconds(ran.spawnToExecNs)}`
}
