import type {Advice} from '../errors.js'
import type {Option, OptionValues} from './option.js'
import type {ScriptWriter} from './script.js'
import type {SpawnActions} from './spawn-actions.js'
import type {Text} from './text.js'

/** A file to open in the caller, before the child exists; the path is relative to the caller's working directory. */
export interface FileSource {
  readonly path: string
  readonly access: FileAccess
}

export type FileAccess = 'read' | 'write' | 'append' | 'read-write'

/** One number of the child and what shall be there. The same FileSource at two numbers is opened once. */
export interface Placement {
  readonly to: number
  readonly from: number | 'closed' | FileSource
  /** Clears O_NONBLOCK there, for everyone who shares the description. */
  readonly blocking?: true
}

/** A placement whose file has been opened. */
export interface OpenPlacement extends Placement {
  readonly from: number | 'closed'
}

/** One piece of housekeeping, done in the child between its creation and execve. */
export type Step =
  | {readonly kind: 'sigdefault'; readonly signals: readonly number[]}
  | {readonly kind: 'sigignore'; readonly signals: readonly number[]}
  | {readonly kind: 'setsid'}
  | {readonly kind: 'setpgid'}
  | {readonly kind: 'setgroups'; readonly groups: readonly number[]; readonly ifPermitted?: true}
  | {readonly kind: 'setgid'; readonly gid: number}
  | {readonly kind: 'setuid'; readonly uid: number}
  /** Node enters it with the caller's rights. */
  | {readonly kind: 'chdir'; readonly path: Text; readonly beforeIdentity?: true}
  | {readonly kind: 'umask'; readonly mask: number}
  | {readonly kind: 'descriptors'; readonly placements: readonly Placement[]}
  | {readonly kind: 'sigmask'; readonly signals: readonly number[]}

export type StepKindName = Step['kind']
type StepOf<K extends StepKindName> = Extract<Step, {kind: K}>

/** What reading options needs from the machine; the plan itself asks nobody. */
export interface Surroundings {
  findUser(name: string): {uid: number; gid: number}
  findGroup(name: string): number
  /** The user's supplementary groups, as initgroups(3) would set them. */
  findGroups(name: string, gid: number): readonly number[]
  /** @throws {UsageError} when the caller did not hand this descriptor down. */
  inheritedDescriptor(fd: number): number
}

/** What libc's posix_spawn can do here. */
export interface SpawnFeatures {
  readonly chdir: boolean
  readonly closefrom: boolean
}

/** Everything about one kind of step, in one place; src/plan/housekeeping.ts puts the kinds into order. */
export interface StepKind<K extends StepKindName> {
  readonly kind: K
  /** One line for the docs: what it does and why it stands where it stands in the order. */
  readonly summary: string
  readonly options: readonly Option[]
  /** The step that the options ask for, or undefined when they do not speak of it. */
  read(values: OptionValues, surroundings: Surroundings): StepOf<K> | undefined
  /** The step that a plan without one of this kind gets: what no child can do without. */
  byDefault?(): StepOf<K>
  /** @throws {PlanError} when no child could carry it out. */
  check?(step: StepOf<K>): void
  lower(step: StepOf<K>, script: ScriptWriter): void
  /** Why posix_spawn cannot say this step, or undefined when it can. */
  posixSpawnRefuses(step: StepOf<K>, features: SpawnFeatures): string | undefined
  lowerToPosixSpawn?(step: StepOf<K>, actions: SpawnActions): void
  /** Why the step failed with this errno name, and what to do, where more can be said than the errno. */
  explain?(step: StepOf<K>, errno: string): Advice | undefined
  /** As a person would say it: "umask 027". */
  describe(step: StepOf<K>): string
}
