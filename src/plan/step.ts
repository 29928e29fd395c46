import type {Advice} from '../errors.js'
import type {Capabilities} from './capability-names.js'
import type {IdMap} from './id-map.js'
import type {Namespace} from './namespaces.js'
import type {Option, OptionValues} from './option.js'
import type {Limit, ResourceName} from './resource.js'
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

/** As chrt(1) has them; times in nanoseconds. */
export type Policy =
  | {readonly policy: 'other' | 'batch' | 'idle'}
  | {readonly policy: 'fifo' | 'rr'; readonly priority: number}
  | {readonly policy: 'deadline'; readonly runtime: number; readonly deadline: number; readonly period: number}

/** As ionice(1) has them. */
export type IoClass = 'none' | 'realtime' | 'best-effort' | 'idle'

/** Namespaces of a process, one that is named by a path (/run/netns/NAME), or one that is open. */
export type JoinTarget =
  | {readonly pid: number; readonly namespaces: readonly Namespace[]}
  | {readonly path: string}
  | {readonly fd: number; readonly namespace: Namespace}

/** New namespaces; ids are mapped in a new user namespace only. */
export interface Unshare {
  readonly kind: 'unshare'
  readonly namespaces: readonly Namespace[]
  readonly users?: readonly IdMap[]
  readonly groups?: readonly IdMap[]
  readonly setgroups?: 'allow' | 'deny'
  /** The user namespace, open, where it had to be made and mapped before the child: by spawnctl, not by a plan. */
  readonly userNamespace?: number
}

export interface CgroupLimits {
  /** Bytes. */
  readonly memoryMax?: number
  /** Processes and threads. */
  readonly pidsMax?: number
  /** Of one processor's time. */
  readonly cpuMax?: {readonly quotaUs: number; readonly periodUs: number}
}

/** A control group's cgroup.procs, and with version 2 its directory, both open. */
export interface OpenCgroup {
  readonly procs: number
  readonly directory?: number
}

/** A control group to enter; with limits one of its own is made, below `path` or where the caller may. */
export interface Cgroup {
  readonly kind: 'cgroup'
  readonly path?: string
  readonly limits?: CgroupLimits
  /** By spawnctl, not by a plan. */
  readonly open?: readonly OpenCgroup[]
}

/** Targets have to be there; relative to the new root where there is one. */
export type Mount =
  | {readonly type: 'bind'; readonly source: Text; readonly target: Text; readonly readOnly: boolean}
  | {readonly type: 'tmpfs' | 'proc'; readonly target: Text}

/** One piece of housekeeping, done in the child between its creation and execve. */
export type Step =
  | {readonly kind: 'sigdefault'; readonly signals: readonly number[]}
  | {readonly kind: 'sigignore'; readonly signals: readonly number[]}
  | {readonly kind: 'setsid'}
  | {readonly kind: 'setpgid'}
  | {readonly kind: 'foreground'}
  | Cgroup
  | {readonly kind: 'oom_score_adj'; readonly value: number}
  | ({readonly kind: 'sched'} & Policy)
  | {readonly kind: 'nice'; readonly value: number}
  | {readonly kind: 'ionice'; readonly class: IoClass; readonly level: number}
  | {readonly kind: 'cpus'; readonly cpus: readonly number[]}
  | {readonly kind: 'timer_slack'; readonly ns: number}
  | {readonly kind: 'personality'; readonly persona: number}
  | {readonly kind: 'rlimits'; readonly limits: Readonly<Partial<Record<ResourceName, Limit>>>}
  | {readonly kind: 'join'; readonly targets: readonly JoinTarget[]}
  | Unshare
  | {readonly kind: 'init'}
  | {readonly kind: 'hostname'; readonly name: string}
  | {readonly kind: 'loopback'}
  /**
   * `under`: the directory that is going to be the root, which the targets are below. `returnTo`: the working directory,
   * where it lies below a target: entered anew, or it would show what is hidden.
   */
  | {readonly kind: 'mounts'; readonly mounts: readonly Mount[]; readonly under?: Text; readonly returnTo?: Text}
  | {readonly kind: 'root'; readonly path: Text; readonly by: 'chroot' | 'pivot_root'}
  | {readonly kind: 'bounding'; readonly drop: readonly number[]}
  | {readonly kind: 'keepcaps'}
  | {readonly kind: 'setgroups'; readonly groups: readonly number[]; readonly ifPermitted?: true}
  | {readonly kind: 'setgid'; readonly gid: number}
  | {readonly kind: 'setuid'; readonly uid: number}
  | {readonly kind: 'capabilities'; readonly permitted: readonly number[]; readonly inheritable: readonly number[]}
  | {readonly kind: 'ambient'; readonly capabilities: readonly number[]}
  | {readonly kind: 'securebits'; readonly bits: number}
  /** Node enters it with the caller's rights. */
  | {readonly kind: 'chdir'; readonly path: Text; readonly beforeIdentity?: true}
  | {readonly kind: 'umask'; readonly mask: number}
  | {readonly kind: 'pdeathsig'; readonly signal: number}
  | {readonly kind: 'descriptors'; readonly placements: readonly Placement[]}
  /** The new terminal, where the program finds it, or for this step alone; without one, standard input. */
  | {readonly kind: 'ctty'; readonly terminal?: {readonly fd: number; readonly forProgram: boolean}}
  | {readonly kind: 'nofile'; readonly limit: Limit}
  | {readonly kind: 'no_new_privs'}
  | {readonly kind: 'sigmask'; readonly signals: readonly number[]}
  /** Of a run alone: who traces it has to let it go. */
  | {readonly kind: 'ptrace_stop'}
  | {readonly kind: 'seccomp'; readonly program: Uint8Array}

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
  /** The caller's limit, for a wish that names only the soft or only the hard one. */
  findLimit(resource: ResourceName): Limit
  /** The caller's own, which --nice adds to. */
  niceness(): number
  /** Whether the caller leads its process group, as the first program of a shell's job does. */
  leadsGroup(): boolean
  /** The caller's own. */
  capabilities(): Capabilities
  /** The caller's effective ids. */
  identity(): {uid: number; gid: number}
  /** The caller's ids when it has joined the user namespace of this process: root's, where that is mapped. */
  identityIn(pid: number): {uid: number; gid: number}
  /** The caller's first range of subordinate ids (/etc/subuid, /etc/subgid). @throws {UsageError} that names the option */
  subordinateIds(option: string): {outer: number; count: number}
  /** Those of this process that the caller is not in. @throws {UsageError} when there is no such process */
  foreignNamespaces(pid: number): readonly Namespace[]
  /** The working directory, where it is one of these or below one. */
  workingDirectoryBelow(directories: readonly string[]): string | undefined
  /**
   * @returns the file's bytes; of one that has more than `most`, most + 1
   * @throws {UsageError} that names the option when it cannot be read.
   */
  readFile(path: string, option: string, most: number): Uint8Array
}

/** What libc's posix_spawn can do here. */
export interface SpawnFeatures {
  readonly chdir: boolean
  readonly closefrom: boolean
  readonly tcsetpgrp: boolean
  /** Policy and priority. */
  readonly scheduling: boolean
}

/** How a child comes to exist, as far as a step may mind; src/methods/method.ts has it for every method. */
export interface Birth {
  /** It runs in the caller's memory while the caller runs on (CLONE_VM without CLONE_VFORK). */
  readonly besideCaller: boolean
  /** It runs in the caller's memory. */
  readonly sharesMemory: boolean
  /** The call that creates it takes flags: CLONE_NEW…, CLONE_INTO_CGROUP. */
  readonly takesFlags: boolean
}

/** Everything about one kind of step, in one place; src/plan/housekeeping.ts puts the kinds into order. */
export interface StepKind<K extends StepKindName> {
  readonly kind: K
  /** In memory that is shared, the kernel takes this step for a change of the caller's: its dumpable flag is put back. */
  readonly changesCredentials?: true
  /** One line for the docs: what it does and why it stands where it stands in the order. */
  readonly summary: string
  readonly options: readonly Option[]
  /** The step that the options ask for, or undefined when they do not speak of it. */
  read(values: OptionValues, surroundings: Surroundings): StepOf<K> | undefined
  /** The step that a plan without one of this kind gets: what no child can do without. */
  byDefault?(): StepOf<K>
  /** @throws {PlanError} when no child could carry it out. */
  check?(step: StepOf<K>, steps: readonly Step[]): void
  lower(step: StepOf<K>, script: ScriptWriter): void
  /** Why posix_spawn cannot say this step, or undefined when it can. */
  posixSpawnRefuses(step: StepOf<K>, features: SpawnFeatures): string | undefined
  /** Why the step cannot be done by a child of such a birth, or would harm its caller. */
  refuses?(step: StepOf<K>, birth: Birth): string | undefined
  /** How many of the caller's descriptors a zygote is sent for it, at most: some become known only when they are open. */
  mostSent?(step: StepOf<K>, steps: readonly Step[]): number
  lowerToPosixSpawn?(step: StepOf<K>, actions: SpawnActions): void
  /** Why the step failed with this errno name, and what to do, where more can be said than the errno. */
  explain?(step: StepOf<K>, errno: string, syscall?: string): Advice | undefined
  /** As a person would say it: "umask 027". */
  describe(step: StepOf<K>): string
}
