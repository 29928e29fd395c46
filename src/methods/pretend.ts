import {constants} from 'node:fs'
import {newTerminal} from '../plan/descriptor-options.js'
import {type Namespace, namespaceFile, namespaces} from '../plan/namespaces.js'
import type {Plan} from '../plan/plan.js'
import type {FileSource, JoinTarget, Step} from '../plan/step.js'
import {mapsItself} from '../plan/steps/unshare.js'
import {type CgroupCalls, openCgroup} from './cgroup.js'
import {openFlags} from './files.js'
import {userNamespaceCalls} from './helper-calls.js'
import type {OpeningCalls} from './opening-calls.js'
import type {PretendedNumbers} from './pretended-numbers.js'
import {callerSurroundings} from './surroundings.js'

const pipes = new WeakSet<FileSource>()

/** What stands for the child's end of a pipe that will be made for this number. */
export function pretendedPipe(to: number): FileSource {
  const pipe: FileSource = {path: `pipe:[${to}]`, access: 'read-write'}
  pipes.add(pipe)
  return pipe
}

/** A plan as it is when all that it names has been opened; nothing is, and nothing comes into being. */
export interface Pretended {
  readonly plan: Plan
  /** Words for what is opened for the program alone. */
  readonly files: readonly string[]
  /** Control groups that are made, and the one of version 2 among them. */
  readonly cgroups: readonly string[]
  readonly cgroupToKill: string | undefined
  /** What a step was before all that it names was opened. */
  readonly askedFor: (step: Step) => Step
}

const standard = ['stdin', 'stdout', 'stderr']

/** "/proc/7/ns/net" tells; what is mounted elsewhere is mostly a network. */
function namespaceAt(path: string): Namespace {
  return namespaces.find(namespace => path.endsWith(`/ns/${namespaceFile(namespace)}`)) ?? 'net'
}

/** A file's word is that of the first number where the child finds it. */
function openPlacements(steps: readonly Step[], opening: OpeningCalls): ReadonlyMap<FileSource, number> {
  const placements = steps.flatMap(step => (step.kind === 'descriptors' ? step.placements : []))
  const wordOf = (source: FileSource) => {
    const to = placements.find(({from}) => from === source)?.to as number
    return standard[to] ?? `fd${to}`
  }
  const sources = placements.flatMap(({from}) => (typeof from === 'object' ? [from] : []))
  const rank = (source: FileSource) => (pipes.has(source) ? 0 : source === newTerminal ? 1 : 2)
  const inOrder = [...new Set(sources)].sort((a, b) => rank(a) - rank(b))
  return new Map(
    inOrder.map(source => {
      if (pipes.has(source)) return [source, opening.pipe(source.path, wordOf(source))]
      if (source === newTerminal) return [source, opening.terminal()]
      const {flags, mode} = openFlags(source)
      return [source, opening.open(source.path, flags, mode, wordOf(source), opening.ofFile)]
    }),
  )
}

/** The real name has the pid of the run, which is another one than this. */
function ofRun(path: string): string {
  return path.replace(new RegExp(`/spawnctl-${process.pid}-\\d+(?=/|$)`), '/spawnctl-PID-1')
}

function cgroupCalls(opening: OpeningCalls): CgroupCalls {
  const {O_DIRECTORY} = constants
  const reason = 'a control group, before there is a process for it'
  return {
    mkdir: directory => opening.tell({call: `mkdir(${JSON.stringify(ofRun(directory))}, 0777)`, reason}),
    write: (file, text) => opening.write(ofRun(file), text, reason),
    open: (path, flags) => opening.open(ofRun(path), flags, 0o666, flags & O_DIRECTORY ? 'cgroup' : 'procs', reason),
    close: fd => opening.close(fd, reason),
    remove: () => [],
  }
}

/** In the order of openPlan, which is told: files, control groups, namespaces. */
export function pretendOpen(plan: Plan, opening: OpeningCalls, numbers: PretendedNumbers): Pretended {
  const files = openPlacements(plan.steps, opening)
  const cgroup = openCgroup(plan, cgroupCalls(opening))
  const target = (wanted: JoinTarget): JoinTarget =>
    'path' in wanted
      ? {
          fd: opening.open(wanted.path, constants.O_RDONLY, 0, 'namespace', 'the namespace to join'),
          namespace: namespaceAt(wanted.path),
        }
      : wanted
  const pretended = (step: Step): Step => {
    switch (step.kind) {
      case 'descriptors': {
        const placements = step.placements.map(({from, ...rest}) => ({
          ...rest,
          from: typeof from === 'object' ? (files.get(from) as number) : from,
        }))
        numbers.countFrom(placements.flatMap(({to, from}) => (typeof from === 'number' ? [to, from] : [to])))
        return {...step, placements}
      }
      case 'join':
        return {...step, targets: step.targets.map(target)}
      case 'unshare':
        return mapsItself(step, plan.steps, callerSurroundings.identity())
          ? step
          : {...step, userNamespace: userNamespaceCalls(step, opening, numbers)}
      default:
        return step
    }
  }
  const steps = cgroup.plan.steps.map(pretended)
  const cgroups = cgroup.made.map(ofRun)
  const opened = cgroup.plan.steps.find(step => step.kind === 'cgroup')?.open ?? []
  const asked = new Map(steps.map((step, i) => [step, plan.steps[i] as Step]))
  return {
    plan: {...plan, steps},
    files: [...files].filter(([source]) => !pipes.has(source)).map(([, fd]) => opening.word(fd)),
    cgroups,
    cgroupToKill: cgroups.find((_, i) => opened[i]?.directory !== undefined),
    askedFor: step => asked.get(step) ?? step,
  }
}
