import {completePlan, makePlan, type Plan} from '../plan/plan.js'
import type {FileSource, Placement, Step} from '../plan/step.js'

/** What Node's child_process has made of its options when it calls its process handle, or its synchronous spawn. */
export interface NodeOptions {
  readonly file: string
  /** With argv[0]. */
  readonly args?: readonly string[] | null | undefined
  readonly cwd?: string | null | undefined
  /** "K=V"; left out: the environment of this process. */
  readonly envPairs?: readonly string[] | null | undefined
  readonly detached?: boolean | undefined
  readonly uid?: number | null | undefined
  readonly gid?: number | null | undefined
}

/** What the child finds at the number that is the index: a descriptor of the caller, or nothing. */
export type NodeSource = number | 'ignore'

const lastStdio = 2
const nothingToRead: FileSource = {path: '/dev/null', access: 'read'}
const nothing: FileSource = {path: '/dev/null', access: 'read-write'}

/** As libuv: beyond 2 an ignored number is left closed; what lands on 0 to 2 is made blocking, since programs expect it. */
function place(from: NodeSource, to: number): Placement[] {
  if (from !== 'ignore') return [to <= lastStdio ? {to, from, blocking: true} : {to, from}]
  if (to > lastStdio) return []
  return [{to, from: to === 0 ? nothingToRead : nothing}]
}

/** As libuv: another uid or gid also drops the supplementary groups, where that is allowed. */
function identity(uid: number | null | undefined, gid: number | null | undefined): Step[] {
  if ((uid ?? gid ?? undefined) === undefined) return []
  const steps: Step[] = [{kind: 'setgroups', groups: [], ifPermitted: true}]
  if (typeof gid === 'number') steps.push({kind: 'setgid', gid: gid >>> 0})
  if (typeof uid === 'number') steps.push({kind: 'setuid', uid: uid >>> 0})
  return steps
}

/** As Node's binding: a number is as good. */
function text(argument: unknown): string {
  return typeof argument === 'string' ? argument : `${argument}`
}

function nodeSteps({cwd, detached, uid, gid}: NodeOptions, sources: readonly NodeSource[]): readonly Step[] {
  const numbers = Math.max(sources.length, lastStdio + 1)
  const placements = Array.from({length: numbers}, (_, to) => place(sources[to] ?? 'ignore', to)).flat()
  const steps: Step[] = [...identity(uid, gid), {kind: 'descriptors', placements}]
  if (detached) steps.push({kind: 'setsid'})
  // Node's own user enters no directory: the caller does, before.
  if (cwd) steps.push({kind: 'chdir', path: cwd, beforeIdentity: true})
  return steps
}

/** Descriptors get the same numbers again, so a program's spawns have few lists of steps: kept, they are lowered once. */
const lists = new Map<string, readonly Step[]>()
const mostLists = 100

/**
 * The plan of a child as Node would start it: what libuv's uv__process_child_init does, in steps.
 * @param sources by number; missing ones of 0 to 2 are ignored
 * @param housekeeping beyond Node's options; a step of the same kind takes the place of Node's
 * @throws {PlanError}
 */
export function nodePlan(
  options: NodeOptions,
  sources: readonly NodeSource[],
  housekeeping: readonly Step[] = [],
): Plan {
  const {file, args, envPairs, detached, uid, gid, cwd} = options
  const complete = file === '' ? makePlan : completePlan // Node has looked for NULs
  const program = {
    file,
    argv: args?.length ? args.map(text) : [file],
    env: envPairs ?? Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
  }
  if (housekeeping.length > 0) {
    const replaced = new Set(housekeeping.map(({kind}) => kind))
    const steps = nodeSteps(options, sources).filter(({kind}) => !replaced.has(kind))
    return complete({...program, steps: [...steps, ...housekeeping]})
  }
  const key = `${sources} ${Boolean(detached)} ${uid} ${gid} ${cwd}`
  const plan = complete({...program, steps: lists.get(key) ?? nodeSteps(options, sources)})
  if (lists.size >= mostLists) lists.clear()
  lists.set(key, plan.steps)
  return plan
}
