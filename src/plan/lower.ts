import {completeBlock, encodeScript} from './block.js'
import {kindOf} from './housekeeping.js'
import {candidates, isOrdinary, type Plan} from './plan.js'
import type {Room} from './room.js'
import {type Pool, type ScriptCall, ScriptWriter, type Situation} from './script.js'
import {noAttributes, type SpawnAction, SpawnActions, type SpawnAttributes} from './spawn-actions.js'
import type {Birth, SpawnFeatures, Step} from './step.js'
import type {Text} from './text.js'

/** How a method wants its block: by steps of its own, in whose memory, or as posix_spawn's actions. */
export type Lowering = {
  /** src/native/block.h, enum method */
  readonly methodNumber: number
  readonly arch: 'x64' | 'arm64'
  /** The caller's open descriptors, where close_range (or libc's closefrom) is not to be had. */
  readonly openFds: readonly number[] | undefined
  /** The call that creates the child takes flags: CLONE_NEW…, CLONE_INTO_CGROUP. */
  readonly takesFlags?: boolean
  /** Opens spawnctl-init, for a plan that needs a second process; not called by others. */
  readonly openInit?: () => number
  /** Whether the core is to note the moments of the spawn in the block: see readStamps. */
  readonly stamped?: boolean
  /** Whether who traces the child lets it go: a run that waits for it. */
  readonly letsGo?: boolean
  /** Where the block is laid out, for who is done with it before the next one. */
  readonly room?: Room | undefined
} & (
  | {readonly form: 'script'}
  | {readonly form: 'posix_spawn'}
  | {readonly form: 'zygote'; readonly zygoteSocket: number; readonly caller: CallerState}
)

/** What the zygote's child would otherwise inherit from the zygote, frozen at its start. */
export interface CallerState {
  /** An open descriptor of the caller's working directory. */
  readonly cwdFd: number
  readonly umask: number
}

export interface LoweredPlan {
  readonly image: Uint8Array
  /** The script's calls, to give a failed index its name. */
  readonly calls: readonly ScriptCall[]
  readonly candidates: readonly Text[]
  /** CLONE_NEW… of its creation. */
  readonly cloneFlags: number
  /** Which call puts the child into its control group, where its creation does that already. */
  readonly cgroupCall: number | undefined
  /** What the calls and actions refer to. */
  readonly pool: Pool
  /** For posix_spawn: its file actions with the steps that ask for them, and its attributes. */
  readonly actions: readonly {readonly step: Step; readonly action: SpawnAction}[]
  readonly attributes: Readonly<SpawnAttributes>
  readonly steps: readonly Step[]
  /** One above every descriptor number that the plan names. */
  readonly fdFloor: number
  /** The caller's descriptors that go to the zygote, in their order. */
  readonly sentFds: readonly number[]
}

const plainCreation = {cloneFlags: 0, cgroupFd: -1, cgroupStep: 0}

/** Why posix_spawn cannot carry a plan: the first step it cannot say, or undefined. */
export function posixSpawnRefusal(plan: Plan, features: SpawnFeatures): {step: string; reason: string} | undefined {
  for (const step of plan.steps) {
    const reason = kindOf(step).posixSpawnRefuses(step, features)
    if (reason !== undefined) return {step: kindOf(step).describe(step), reason}
  }
  return undefined
}

/** Why a child of such a birth cannot carry a plan: the first step that it cannot do, or undefined. */
export function birthRefusal(plan: Plan, birth: Birth): {step: string; reason: string} | undefined {
  for (const step of plan.steps) {
    const reason = kindOf(step).refuses?.(step, birth)
    if (reason !== undefined) return {step: kindOf(step).describe(step), reason}
  }
  return undefined
}

/** What of a plan has nothing to do with its program. */
type Script = Omit<LoweredPlan, 'image' | 'candidates'> & {readonly bytes: Uint8Array}

function scriptFor(steps: readonly Step[], lowering: Lowering): Script {
  const fdFloor = descriptorFloor(steps)
  const common = {
    methodNumber: lowering.methodNumber,
    changesCredentials: steps.some(step => kindOf(step).changesCredentials),
    sameView: isOrdinary({steps}),
    fdFloor,
    stamped: lowering.stamped ?? false,
  }
  if (lowering.form === 'posix_spawn') {
    const attributes = new SpawnActions(fdFloor, lowering.openFds)
    const actions = steps.flatMap(step => {
      const before = attributes.actions.length
      kindOf(step).lowerToPosixSpawn?.(step, attributes)
      return attributes.actions.slice(before).map(action => ({step, action}))
    })
    const {pool} = attributes
    const own = {calls: [], slotCount: 0, pool, actions: attributes.actions, attributes, sentFds: [], zygoteSocket: -1}
    const bytes = encodeScript({...common, ...own, ...plainCreation})
    const none = {calls: [], cloneFlags: 0, cgroupCall: undefined, sentFds: []}
    return {bytes, steps, ...none, pool, actions, attributes, fdFloor}
  }
  const zygoteSocket = lowering.form === 'zygote' ? lowering.zygoteSocket : -1
  const situation: Situation = {
    place: lowering.form === 'zygote' ? 'zygote' : 'caller',
    sentFds: [],
    fdFloor,
    openFds: lowering.openFds,
    cloneFlags: 0,
    takesFlags: lowering.takesFlags ?? false,
    joins: steps.some(({kind}) => kind === 'join'),
    endsWithCaller: steps.some(({kind}) => kind === 'pdeathsig'),
    openInit: lowering.openInit ?? noInit,
    letsGo: lowering.letsGo ?? false,
    hasDeadline: steps.some(step => step.kind === 'sched' && step.policy === 'deadline'),
    processes: 1,
    cgroup: {cgroupFd: -1, cgroupStep: 0},
  }
  const script = new ScriptWriter(lowering.arch, situation)
  if (lowering.form === 'zygote') catchUp(script, lowering.caller)
  for (const step of steps) {
    if (step.kind === 'descriptors') script.followFirstProcess()
    script.begin(step)
    kindOf(step).lower(step, script)
  }
  const slotCount = script.finish()
  const {calls, pool} = script
  const {sentFds, cloneFlags} = situation
  const own = {calls, slotCount, pool, actions: [], attributes: noAttributes, sentFds, zygoteSocket}
  const bytes = encodeScript({...common, ...own, ...situation.cgroup, cloneFlags})
  const {cgroupFd, cgroupStep} = situation.cgroup
  const cgroupCall = cgroupFd < 0 ? undefined : cgroupStep
  return {bytes, steps, calls, cloneFlags, cgroupCall, pool, actions: [], attributes: noAttributes, fdFloor, sentFds}
}

/** By the list of steps, and by method: a program that spawns again and again asks for the same. */
const known = new WeakMap<readonly Step[], Script[]>()

/** Only of ordinary steps, which mean the same each time: others may name what was opened for one spawn. */
function knownScript(steps: readonly Step[], lowering: Lowering): Script {
  if (lowering.stamped) return scriptFor(steps, lowering)
  const {[lowering.methodNumber]: found} = known.get(steps) ?? []
  if (found !== undefined) return found
  if (lowering.form !== 'script' || lowering.openFds !== undefined || !isOrdinary({steps}))
    return scriptFor(steps, lowering)
  const scripts = known.get(steps) ?? []
  known.set(steps, scripts)
  const made = scriptFor(steps, lowering)
  scripts[lowering.methodNumber] = made
  return made
}

/** Turns a checked plan, whose files are open, into the block that the core runs. */
export function lower(plan: Plan, lowering: Lowering): LoweredPlan {
  const {bytes, ...script} = knownScript(plan.steps, lowering)
  const paths = candidates(plan)
  return {image: completeBlock(bytes, plan.argv, plan.env, paths, lowering.room), ...script, candidates: paths}
}

function noInit(): never {
  throw new Error('the plan needs a second process, and spawnctl-init is not to be had')
}

/** Brings the zygote's child to where a child of the caller would start; before the steps, with the caller's rights. */
function catchUp(script: ScriptWriter, {cwdFd, umask}: CallerState): void {
  script.begin({kind: 'chdir', path: '.'})
  script.call('fchdir', [script.callerDescriptor(cwdFd)])
  script.begin({kind: 'umask', mask: umask})
  script.call('umask', [umask])
}

/** One above every descriptor number that the plan names, sources and targets alike. */
function descriptorFloor(steps: readonly Step[]): number {
  const named = steps.flatMap(step =>
    step.kind === 'descriptors'
      ? step.placements.flatMap(({to, from}) => (typeof from === 'number' ? [to, from] : [to]))
      : [],
  )
  return Math.max(2, ...named) + 1
}
