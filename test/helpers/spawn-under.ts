import {spawnSync} from 'node:child_process'
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Method} from '../../src/methods/method.js'
import type {Plan} from '../../src/plan/plan.js'
import {fixture} from './fixture.js'

const program = fileURLToPath(new URL('../fixtures/spawn-under.mjs', import.meta.url))

/** Longer than any run takes on a busy machine. */
const patienceMs = 30_000

/** In what straits the caller is when it spawns. */
export interface Straits {
  /** System calls that fail with this errno; 0 kills who makes the call. */
  readonly refusals?: readonly {number: number; errno: number}[]
  /** Soft limits, for the zygote too. */
  readonly limits?: readonly {resource: number; soft: number}[]
  /** Starts the zygote before all that. */
  readonly zygoteFirst?: boolean
  /** posix_spawn closes one descriptor after the other. */
  readonly withoutClosefrom?: boolean
  /** Another user, which need not have a name. */
  readonly uid?: number
  /** The caller's descriptors: a file of this process at its index, or nothing. */
  readonly stdio?: readonly (number | 'ignore')[]
}

export interface Answer {
  readonly ran?: {syscall: string; exitCode: number | null; signal: number | null}
  readonly error?: {
    name: string
    code: string
    message: string
    why?: string
    next?: string
    exitCode: number
    failure?: {stage: string; method: string; syscall?: string; step?: string; errno?: string}
  }
}

/**
 * Runs plans, one after the other, in a process of its own.
 * @returns an answer for each, or the name of the signal that ended the caller itself
 */
export function spawnAllUnder(straits: Straits, method: Method, plans: readonly Plan[]): readonly Answer[] | string {
  const {refusals = [], limits = [], zygoteFirst = false, withoutClosefrom = false, uid, stdio = 'ignore'} = straits
  const library = fixture('change-caller', 'library')
  const directory = mkdtempSync('/tmp/spawnctl-under-')
  const file = join(directory, 'request.json')
  try {
    chmodSync(directory, 0o755)
    writeFileSync(file, JSON.stringify({library, plans, method, refusals, limits, zygoteFirst, withoutClosefrom}))
    chmodSync(file, 0o666)
    const {signal, status} = spawnSync(process.execPath, [program, file], {
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      stdio: stdio === 'ignore' ? ['ignore', 'ignore', 'inherit'] : [...stdio],
      ...(uid !== undefined && {uid, gid: uid}),
    })
    if (signal !== null) return signal
    if (status !== 0) throw new Error(`spawn-under ended with ${status}`)
    return JSON.parse(readFileSync(file, 'utf8'))
  } finally {
    rmSync(directory, {recursive: true})
  }
}

export function spawnUnder(straits: Straits, method: Method, plan: Plan): Answer {
  const answers = spawnAllUnder(straits, method, [plan])
  if (typeof answers === 'string') throw new Error(`the caller was ended by ${answers}`)
  return answers[0] as Answer
}
