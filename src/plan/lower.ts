import {completeBlock, encodeScript} from './block.js'
import {kindOf} from './housekeeping.js'
import {candidates, isOrdinary, type Plan} from './plan.js'
import {type Pool, type ScriptCall, ScriptWriter, type Situation} from './script.js'
import {type SpawnAction, SpawnActions} from './spawn-actions.js'
import type {SpawnFeatures, Step} from './step.js'
import type {Text} from './text.js'

/** How a method wants its block: by steps of its own, in whose memory, or as posix_spawn's actions. */
export type Lowering = {
  /** src/native/block.h, enum method */
  readonly methodNumber: number
  readonly arch: 'x64' | 'arm64'
  /** The caller's open descriptors, where close_range (or libc's closefrom) is not to be had. */
  readonly openFds: readonly number[] | undefined
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
  /** posix_spawn's, in the place of calls. */
  readonly actions: readonly SpawnAction[]
  /** What calls and actions refer to. */
  readonly pool: Pool
  readonly candidates: readonly Text[]
}

const noAttributes = {setsid: false, setpgroup: false, sigmask: 0n, sigdefault: 0n}

/** Why posix_spawn cannot carry a plan: the first step it cannot say, or undefined. */
export function posixSpawnRefusal(plan: Plan, features: SpawnFeatures): {step: string; reason: string} | undefined {
  for (const step of plan.steps) {
    const reason = kindOf(step).posixSpawnRefuses(step, features)
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
    changesIdentity: steps.some(step => step.kind === 'setuid' || step.kind === 'setgid'),
    sameView: isOrdinary({steps}),
    fdFloor,
  }
  if (lowering.form === 'posix_spawn') {
    const attributes = new SpawnActions(fdFloor, lowering.openFds)
    for (const step of steps) kindOf(step).lowerToPosixSpawn?.(step, attributes)
    const {actions, pool} = attributes
    const own = {calls: [], slotCount: 0, pool, actions, attributes, sentFds: [], zygoteSocket: -1}
    return {bytes: encodeScript({...common, ...own}), calls: [], actions, pool}
  }
  const zygoteSocket = lowering.form === 'zygote' ? lowering.zygoteSocket : -1
  const situation: Situation = {
    place: lowering.form === 'zygote' ? 'zygote' : 'caller',
    sentFds: [],
    fdFloor,
    openFds: lowering.openFds,
  }
  const script = new ScriptWriter(lowering.arch, situation)
  if (lowering.form === 'zygote') catchUp(script, lowering.caller)
  for (const step of steps) {
    script.begin(step)
    kindOf(step).lower(step, script)
  }
  const {calls, slotCount, pool} = script
  const own = {calls, slotCount, pool, actions: [], attributes: noAttributes, sentFds: situation.sentFds, zygoteSocket}
  return {bytes: encodeScript({...common, ...own}), calls, actions: [], pool}
}

/** By the list of steps, and by method: a program that spawns again and again asks for the same. */
const known = new WeakMap<readonly Step[], Script[]>()

function knownScript(steps: readonly Step[], lowering: Lowering): Script {
  if (lowering.form !== 'script' || lowering.openFds !== undefined) return scriptFor(steps, lowering)
  const scripts = known.get(steps) ?? []
  known.set(steps, scripts)
  scripts[lowering.methodNumber] ??= scriptFor(steps, lowering)
  return scripts[lowering.methodNumber] as Script
}

/** Turns a checked plan, whose files are open, into the block that the core runs. */
export function lower(plan: Plan, lowering: Lowering): LoweredPlan {
  const {bytes, ...script} = knownScript(plan.steps, lowering)
  const paths = candidates(plan)
  return {image: completeBlock(bytes, plan.argv, plan.env, paths), ...script, candidates: paths}
}

/** Brings the zygote's child to where a child of the caller would start; before the steps, with the caller's rights. */
function catchUp(script: ScriptWriter, {cwdFd, umask}: CallerState): void {
  script.begin({kind: 'chdir', path: '.'})
  script.situation.sentFds.push(cwdFd)
  script.call('fchdir', [script.slot()])
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
