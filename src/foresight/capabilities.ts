import {release} from 'node:os'
import {refusal} from '../methods/capability.js'
import {type Method, methods, methodTraits} from '../methods/method.js'
import {hasCloseRange, posixSpawnFeatures} from '../native/core.js'
import {glibcVersion} from '../native/probe.js'
import {exampleSteps} from '../plan/example-steps.js'
import {stepKinds} from '../plan/housekeeping.js'
import type {Option} from '../plan/option.js'
import type {SpawnFeatures, StepKindName} from '../plan/step.js'
import {execAlone, propertyName} from '../process/housekeeping.js'

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

/** Of a usual step of that kind: others may be refused for what they ask. */
function refusalOf(kind: StepKindName, method: Method): string | undefined {
  return refusal({file: '', argv: [], env: [], steps: exampleSteps[kind].slice(0, 1)}, method)?.reason
}

function methodCapability(method: Method): MethodCapability {
  const outcomes = stepKinds.map(({kind}) => ({step: kind, reason: refusalOf(kind, method)}))
  return {
    summary: methodTraits[method].summary,
    carries: outcomes.filter(({reason}) => reason === undefined).map(({step}) => step),
    refuses: outcomes.flatMap(({step, reason}) => (reason === undefined ? [] : [{step, reason}])),
  }
}

function optionNames(options: readonly Option[]): readonly string[] {
  return options.filter(({name}) => !execAlone.includes(name)).map(({name}) => propertyName(name))
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
