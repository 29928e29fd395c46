import {UsageError} from '../errors.js'
import {callerSurroundings} from '../methods/surroundings.js'
import {housekeepingOptions, readSteps} from '../plan/housekeeping.js'
import type {Option, OptionValues} from '../plan/option.js'
import type {Step, StepKindName, Surroundings} from '../plan/step.js'

type List = string | readonly (string | number)[] | undefined

/** The options of `spawnctl exec` for housekeeping, by the same names; docs/exec.md says what each does. */
export interface Housekeeping {
  /** NAME or NAME:GROUP, with the user's supplementary groups. */
  readonly user?: string | undefined
  /** Names and numbers; "none" or an empty list for none. */
  readonly groups?: List
  readonly setsid?: boolean | undefined
  readonly setpgid?: boolean | undefined
  readonly foreground?: boolean | undefined
  readonly ctty?: boolean | undefined
  /** As a number, or as octal digits. */
  readonly umask?: number | string | undefined
  /** Signals by name or number, or "all". */
  readonly sigdefault?: List
  readonly sigignore?: List
  readonly sigmask?: List
  /** A signal for the child when the thread that made it ends. */
  readonly pdeathsig?: string | number | undefined
  /** By resource: the limit, or "SOFT:HARD", or both in an array. */
  readonly rlimit?: Readonly<Record<string, number | string | readonly [number | string, number | string]>> | List
  readonly nice?: number | string | undefined
  readonly sched?: string | undefined
  readonly ionice?: string | undefined
  readonly cpus?: List
  readonly timerSlack?: string | number | undefined
  readonly oomScoreAdj?: number | string | undefined
  readonly personality?: List
  readonly capDrop?: List
  readonly capAdd?: List
  readonly ambientCaps?: List
  readonly keepCaps?: boolean | undefined
  readonly securebits?: List
  readonly noNewPrivs?: boolean | undefined
  /** A file with a compiled BPF program. */
  readonly seccomp?: string | undefined
  /** A directory of the cgroup file system. */
  readonly cgroup?: string | undefined
  readonly memoryMax?: string | number | undefined
  readonly pidsMax?: number | string | undefined
  readonly cpuMax?: string | undefined
  readonly unshare?: List
  readonly join?: List
  readonly init?: boolean | undefined
  readonly mapRootUser?: boolean | undefined
  readonly mapCurrentUser?: boolean | undefined
  readonly mapUsers?: string | undefined
  readonly mapGroups?: string | undefined
  readonly setgroups?: string | undefined
  readonly hostname?: string | undefined
  readonly loopback?: boolean | undefined
  readonly mountProc?: boolean | undefined
  /** SOURCE:TARGET, with ":ro" for reading only. */
  readonly bind?: List
  readonly tmpfs?: List
  readonly chroot?: string | undefined
  readonly pivotRoot?: string | undefined
}

/** What Node has options of its own for. */
const nodes: readonly string[] = ['cwd', 'uid', 'gid', 'stdin', 'stdout', 'stderr', 'fd']
/** A terminal has to be relayed, and a stop has to be waited for: by `exec` alone. */
export const execAlone: readonly string[] = ['pty', 'ptrace-stop']

const surroundings: Surroundings = {...callerSurroundings, inheritedDescriptor: fd => fd}

/** close-on-exec → closeOnExec */
export function propertyName(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** By property. */
export const libraryOptions: ReadonlyMap<string, Option> = new Map(
  housekeepingOptions
    .filter(({name}) => !nodes.includes(name) && !execAlone.includes(name))
    .map(option => [propertyName(option.name), option]),
)

function refuse({name, value}: Option, given: unknown): never {
  const next = value === undefined ? 'true or false' : `${value}, as --${name} takes it`
  throw new UsageError(`the option ${propertyName(name)} cannot be ${JSON.stringify(given)}`, {next})
}

function isWord(given: unknown): given is string | number {
  return typeof given === 'string' || typeof given === 'number'
}

/** {nofile: [64, 128]} → ["nofile=64:128"]: for options that are NAME=VALUE and may be repeated. */
function pairs(given: object): readonly string[] {
  return Object.entries(given).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(':') : value}`)
}

/** The words after --NAME that mean what a property says, one for each time that it would be given. */
function words(option: Option, given: unknown): readonly string[] | undefined {
  const {value, multiple} = option
  if (given === undefined || given === null || given === false) return undefined
  if (value === undefined) return given === true ? [''] : refuse(option, given)
  if (value === 'OCTAL' && typeof given === 'number') return [given.toString(8).padStart(3, '0')]
  if (isWord(given)) return [String(given)]
  if (Array.isArray(given) && given.every(isWord)) return multiple ? given.map(String) : [given.join(',')]
  return multiple && typeof given === 'object' ? pairs(given) : refuse(option, given)
}

/**
 * A program's options as a command line would have them.
 * @throws {UsageError}
 */
export function housekeepingValues(given: object): OptionValues {
  const values: Record<string, readonly string[]> = {}
  for (const name of Object.keys(given)) {
    const option = libraryOptions.get(name)
    if (option === undefined) continue
    const text = words(option, (given as Record<string, unknown>)[name])
    if (text !== undefined) values[option.name] = text
  }
  return values
}

/** Node's own options that other steps depend on: who becomes another keeps no capabilities, unless it is asked to. */
function nodeValues(given: {uid?: unknown; user?: unknown; cwd?: unknown; detached?: unknown}): OptionValues {
  const {uid, user, cwd, detached} = {...given}
  return {
    ...(Number.isInteger(uid) && user === undefined && {uid: [String((uid as number) >>> 0)]}),
    ...(Boolean(cwd) && {cwd: [cwd instanceof URL ? cwd.pathname : String(cwd)]}),
    ...(detached === true && {setsid: ['']}),
  }
}

/** Done as Node's own options say, or not for the library to say at all. */
const nodesKinds: readonly StepKindName[] = ['descriptors', 'chdir']

/**
 * The steps that a program's options ask for.
 * @throws {UsageError | PlanError}
 */
export function readHousekeeping(given: object): readonly Step[] {
  const values = housekeepingValues(given)
  if (Object.keys(values).length === 0) return []
  const steps = readSteps({...nodeValues(given), ...values}, surroundings)
  return steps.filter(({kind}) => !nodesKinds.includes(kind))
}
