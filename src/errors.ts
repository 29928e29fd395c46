/** The three things every error tells: what failed (the message), why it may be, and what to type next. */
export interface Advice {
  why?: string
  next?: string
}

/** What the commands other than `exec` leave with. */
export const commandExits = {failed: 1, usage: 2} as const

/** The root of all errors that spawnctl throws on purpose. `exitCode` is what `exec` leaves with (docs/exec.md). */
export class SpawnctlError extends Error {
  readonly why: string | undefined
  readonly next: string | undefined

  constructor(
    readonly code: string,
    message: string,
    advice: Advice = {},
    readonly exitCode = 125,
  ) {
    super(message)
    this.name = new.target.name
    this.why = advice.why
    this.next = advice.next
  }
}

/** The words of a command line, or the values of options, cannot be understood. */
export class UsageError extends SpawnctlError {
  constructor(message: string, advice: Advice = {}) {
    super('E_USAGE', message, advice)
  }
}

/** A plan that no child should be created for: refused before any process exists. */
export class PlanError extends SpawnctlError {}

/** The native core is missing, was built for something else, or could not do its part. */
export class NativeError extends SpawnctlError {}

/** Where a spawn failed; posix_spawn may leave open whether at a step or at execve. */
type FailedStage = 'prepare' | 'create' | 'step' | 'exec' | 'step-or-exec' | 'killed' | 'zygote'

export interface SpawnFailure {
  stage: FailedStage
  method: string
  /** Name of the system call that said no, where one did. */
  syscall?: string
  /** Kind of the step, with stage "step". */
  step?: string
  /** Symbolic errno, "ENOENT"; undefined when the child was killed. */
  errno?: string
}

/** A child could not be created, could not do its housekeeping, or could not execute the program. None is left. */
export class SpawnError extends SpawnctlError {
  readonly failure: SpawnFailure

  constructor(code: string, message: string, failure: SpawnFailure, advice: Advice, exitCode: number) {
    super(code, message, advice, exitCode)
    this.failure = failure
  }
}
