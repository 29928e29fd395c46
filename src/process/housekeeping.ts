import {UsageError} from '../errors.js'
import {findGroup, findGroups, findUser} from '../methods/accounts.js'
import {housekeepingOptions, readSteps} from '../plan/housekeeping.js'
import type {Option, OptionValues} from '../plan/option.js'
import type {Step, Surroundings} from '../plan/step.js'

type Signals = string | readonly (string | number)[]

/** The options of `spawnctl exec` for housekeeping, by the same names; docs/exec.md says what each does. */
export interface Housekeeping {
  /** NAME or NAME:GROUP, with the user's supplementary groups. */
  readonly user?: string | undefined
  /** Names and numbers; "none" or an empty list for none. */
  readonly groups?: string | readonly (string | number)[] | undefined
  readonly setsid?: boolean | undefined
  readonly setpgid?: boolean | undefined
  /** As a number, or as octal digits. */
  readonly umask?: number | string | undefined
  readonly sigdefault?: Signals | undefined
  readonly sigignore?: Signals | undefined
  readonly sigmask?: Signals | undefined
}

/** What Node has options of its own for. */
const nodes: readonly string[] = ['cwd', 'uid', 'gid', 'stdin', 'stdout', 'stderr', 'fd']

const options = housekeepingOptions.filter(({name}) => !nodes.includes(name))

const surroundings: Surroundings = {findUser, findGroup, findGroups, inheritedDescriptor: fd => fd}

/** close-on-exec → closeOnExec */
function propertyName({name}: Option): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

function words({name, value, multiple}: Option, given: unknown): readonly string[] | undefined {
  if (given === undefined || given === null || given === false) return undefined
  if (value === undefined && given === true) return ['']
  if (value === 'OCTAL' && typeof given === 'number') return [given.toString(8)]
  if (value !== undefined && Array.isArray(given)) return multiple ? given.map(String) : [given.join(',')]
  if (value !== undefined && (typeof given === 'string' || typeof given === 'number')) return [String(given)]
  throw new UsageError(`the option ${name} cannot be ${JSON.stringify(given)}`, {
    next: value === undefined ? 'true or false' : `${value}, as --${name} takes it`,
  })
}

/**
 * The steps that a program's options ask for.
 * @throws {UsageError | PlanError}
 */
export function readHousekeeping(given: object): readonly Step[] {
  const values: Record<string, readonly string[]> = {}
  for (const option of options) {
    const text = words(option, (given as Record<string, unknown>)[propertyName(option)])
    if (text !== undefined) values[option.name] = text
  }
  if (Object.keys(values).length === 0) return []
  return readSteps(values as OptionValues, surroundings).filter(({kind}) => kind !== 'descriptors')
}
