import {spawnSync} from 'node:child_process'
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {runPlan} from '../../dist/methods/spawn.js'
import type {Method} from '../../src/methods/method.js'
import type {Plan} from '../../src/plan/plan.js'
import type {Text} from '../../src/plan/text.js'
import {fixture} from './fixture.js'
import {type PlanPieces, planFor} from './plans.js'

/** What a child has of its caller unless a step says otherwise. */
export interface Inherited {
  /** "soft:hard" by the kernel's number. */
  readonly limits: readonly string[]
  readonly policy: number
  readonly priority: number
  readonly nice: number
  readonly ioClass: number
  readonly ioLevel: number
  readonly cpus: readonly number[]
  readonly oomScoreAdj: number
  readonly timerSlack: number
  readonly personality: number
  readonly deathSignal: number
  readonly terminal: 'none' | 'foreground' | 'background'
  /** Sets as the kernel writes them: 16 hexadecimal digits. */
  readonly capInheritable: string
  readonly capPermitted: string
  readonly capEffective: string
  readonly capBounding: string
  readonly capAmbient: string
  readonly noNewPrivs: string
  readonly seccomp: string
  readonly securebits: number
}

const inheritedFields = [
  'limits',
  'policy',
  'priority',
  'nice',
  'ioClass',
  'ioLevel',
  'cpus',
  'oomScoreAdj',
  'timerSlack',
  'terminal',
  'personality',
  'deathSignal',
  'capInheritable',
  'capPermitted',
  'capEffective',
  'capBounding',
  'capAmbient',
  'noNewPrivs',
  'seccomp',
  'securebits',
] as const satisfies readonly (keyof Inherited)[]

/** What a child saw of itself; process ids are told by their relation to it and to the caller. */
export interface Observed extends Inherited {
  /** Without the file that the result was written to. Bytes are told as latin1. */
  readonly argv: readonly string[]
  readonly environ: readonly string[]
  readonly cwd: string
  readonly umask: number
  readonly fds: Readonly<Record<number, string>>
  /** Signal sets as the kernel writes them: 16 hexadecimal digits. */
  readonly blocked: string
  readonly ignored: string
  readonly caught: string
  /** Real, effective, saved. */
  readonly uid: readonly number[]
  readonly gid: readonly number[]
  readonly groups: readonly number[]
  readonly parent: 'caller' | 'stranger'
  readonly group: 'own' | 'caller’s' | 'foreign'
  readonly session: 'own' | 'caller’s' | 'foreign'
}

interface Printed extends Omit<Observed, 'fds' | 'parent' | 'group' | 'session'> {
  pid: number
  parent: number
  group: number
  session: number
  fds: {fd: number; link: string; closeOnExec: boolean}[]
}

/** "(node) S ppid pgid sid": of this very process. */
const [, callerGroup, callerSession] = (
  /\) \S (\d+) (\d+) (\d+)/.exec(readFileSync('/proc/self/stat', 'utf8'))?.slice(1) ?? []
).map(Number)

function relation(id: number, pid: number, callers: number | undefined): 'own' | 'caller’s' | 'foreign' {
  if (id === pid) return 'own'
  return id === callers ? 'caller’s' : 'foreign'
}

/** A directory in which any user may read and write. */
export function openDirectory(): {path: string; remove: () => void} {
  const path = mkdtempSync('/tmp/spawnctl-test-')
  chmodSync(path, 0o777)
  return {path, remove: () => rmSync(path, {recursive: true, force: true})}
}

/** Text as it comes back from print-state: one character for each byte. */
export function latin1(text: Text): string {
  return Buffer.from(text as string).toString('latin1')
}

/** A plan for print-state, which writes to this file. */
export function statePlan(file: string, pieces: PlanPieces): Plan {
  writeFileSync(file, '')
  chmodSync(file, 0o666)
  return planFor(fixture('print-state'), {...pieces, args: [file, ...(pieces.args ?? [])]})
}

/** What print-state wrote to this file. */
export function readState(file: string): Printed {
  const printed: Printed = JSON.parse(readFileSync(file, 'utf8'))
  const stray = printed.fds.find(({closeOnExec}) => closeOnExec)
  if (stray !== undefined) throw new Error(`descriptor ${stray.fd} came with close-on-exec`)
  return printed
}

function linksByNumber({fds}: Printed): Observed['fds'] {
  return Object.fromEntries(fds.map(({fd, link}) => [fd, link]))
}

/** What print-state found at every number. */
export function readDescriptors(file: string): Observed['fds'] {
  return linksByNumber(readState(file))
}

/** What a program sees that these words start: print-state and its arguments follow them. */
export function observeUnder(words: readonly string[], directory: string): Printed {
  const file = join(directory, 'state-under.json')
  const [program, ...args] = [...words, fixture('print-state'), file]
  const {status, stderr} = spawnSync(program as string, args, {stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8'})
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`)
  return readState(file)
}

export function inheritedIn(state: Inherited): Inherited {
  return Object.fromEntries(inheritedFields.map(field => [field, state[field]])) as unknown as Inherited
}

/** What this process hands down to its children. */
export function inherited(directory: string): Inherited {
  return inheritedIn(observeUnder([], directory))
}

/** Runs print-state by this method, as a child of this process, and returns what it saw. */
export function observe(method: Method, pieces: PlanPieces, directory: string): Observed {
  const file = join(directory, `state-${method}.json`)
  const ran = runPlan(statePlan(file, pieces), method)
  if (ran.exitCode !== 0) throw new Error(`print-state ended with ${ran.exitCode ?? `signal ${ran.signal}`}`)
  const printed = readState(file)
  const {pid, parent, group, session, argv, ...rest} = printed
  return {
    ...rest,
    argv: [argv[0] as string, ...argv.slice(2)],
    fds: linksByNumber(printed),
    parent: parent === process.pid ? 'caller' : 'stranger',
    group: relation(group, pid, callerGroup),
    session: relation(session, pid, callerSession),
  }
}
