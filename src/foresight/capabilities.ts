import {release} from 'node:os'
import {type Method, methods, methodTraits} from '../methods/method.js'
import {hasCloseRange, posixSpawnFeatures} from '../native/core.js'
import {stepKinds} from '../plan/housekeeping.js'
import type {Option} from '../plan/option.js'
import type {SpawnFeatures, StepKind, StepKindName} from '../plan/step.js'
import {propertyName} from '../process/housekeeping.js'

interface MethodCapability {
  readonly summary: string
  /** The steps that it can do here, in the order in which they are done. */
  readonly carries: readonly StepKindName[]
  /** The others, and why not. */
  readonly refuses: readonly {readonly step: StepKindName; readonly reason: string}[]
}

interface StepCapability {
  readonly summary: string
  /** As a program names them; Node's own cwd, uid, gid and stdio among them. */
  readonly options: readonly string[]
}

export interface Capabilities {
  readonly methods: Readonly<Record<Method, MethodCapability>>
  readonly steps: {readonly [kind in StepKindName]: StepCapability}
  readonly machine: {
    readonly architecture: string
    readonly kernel: string
    /** Undefined where it is not glibc. */
    readonly glibc: string | undefined
    /** close_range with CLOSE_RANGE_CLOEXEC; without it descriptors are closed one by one. */
    readonly closeRange: boolean
    /** The file actions that this libc has beyond POSIX. */
    readonly posixSpawn: SpawnFeatures
  }
}

function refusalOf(kind: StepKind<StepKindName>, method: Method, features: SpawnFeatures): string | undefined {
  if (method !== 'posix_spawn') return undefined
  return kind.posixSpawnRefuses(kind.byDefault?.() ?? ({kind: kind.kind} as never), features)
}

function methodCapability(method: Method): MethodCapability {
  const features = posixSpawnFeatures()
  const outcomes = stepKinds.map(kind => ({step: kind.kind, reason: refusalOf(kind, method, features)}))
  return {
    summary: methodTraits[method].summary,
    carries: outcomes.filter(({reason}) => reason === undefined).map(({step}) => step),
    refuses: outcomes.flatMap(({step, reason}) => (reason === undefined ? [] : [{step, reason}])),
  }
}

function glibcVersion(): string | undefined {
  const report = process.report as typeof process.report & {excludeNetwork?: boolean}
  const before = report.excludeNetwork
  report.excludeNetwork = true // or it would ask for the names of all peers
  const {header} = report.getReport() as unknown as {header: {glibcVersionRuntime?: string}}
  report.excludeNetwork = before ?? false
  return header.glibcVersionRuntime
}

function optionNames(options: readonly Option[]): readonly string[] {
  return options.map(({name}) => propertyName(name))
}

/** Which steps each method can do, which options ask for them, and what this machine has. Creates no process. */
export function capabilities(): Capabilities {
  const entries = stepKinds.map(({kind, summary, options}) => [kind, {summary, options: optionNames(options)}])
  return {
    methods: Object.fromEntries(methods.map(method => [method, methodCapability(method)])) as Capabilities['methods'],
    steps: Object.fromEntries(entries),
    machine: {
      architecture: process.arch,
      kernel: release(),
      glibc: glibcVersion(),
      closeRange: hasCloseRange(),
      posixSpawn: posixSpawnFeatures(),
    },
  }
}
