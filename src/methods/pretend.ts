import {newTerminal} from '../plan/descriptor-options.js'
import {type Namespace, namespaceFile, namespaces} from '../plan/namespaces.js'
import type {Plan} from '../plan/plan.js'
import type {FileSource, JoinTarget, Step} from '../plan/step.js'
import {mapsItself} from '../plan/steps/unshare.js'

/** What is to be opened in the caller, and the number that it is given. */
export interface Pretended {
  readonly fd: number
  readonly what: FileSource | 'terminal' | 'cgroup' | 'namespace'
  readonly path: string
}

/** Above what Node itself has open; the real numbers are known only when files are opened. */
const firstNumber = 20

/** "/proc/7/ns/net" tells; what is mounted elsewhere is mostly a network. */
function namespaceAt(path: string): Namespace {
  return namespaces.find(namespace => path.endsWith(`/ns/${namespaceFile(namespace)}`)) ?? 'net'
}

/** A plan as it is when all that it names has been opened; nothing is, and nothing comes into being. */
export function pretendOpen(plan: Plan): {plan: Plan; opened: readonly Pretended[]; next: () => number} {
  const opened: Pretended[] = []
  let last = firstNumber - 1
  const next = () => ++last
  const open = (what: Pretended['what'], path: string) => {
    opened.push({fd: next(), what, path})
    return last
  }
  const files = new Map<FileSource, number>()
  const fileNumber = (source: FileSource): number => {
    const fd = files.get(source) ?? open(source === newTerminal ? 'terminal' : source, source.path)
    files.set(source, fd)
    return fd
  }
  const target = (wanted: JoinTarget): JoinTarget =>
    'path' in wanted ? {fd: open('namespace', wanted.path), namespace: namespaceAt(wanted.path)} : wanted
  const pretended = (step: Step): Step => {
    switch (step.kind) {
      case 'descriptors': {
        const placements = step.placements.map(({to, from}) => ({
          to,
          from: typeof from === 'object' ? fileNumber(from) : from,
        }))
        return {...step, placements}
      }
      case 'join':
        return {...step, targets: step.targets.map(target)}
      case 'unshare':
        return mapsItself(step, process.geteuid?.() ?? 0, process.getegid?.() ?? 0)
          ? step
          : {...step, userNamespace: open('namespace', '/proc/…/ns/user')}
      case 'cgroup':
        return {...step, open: [{procs: open('cgroup', step.path ?? 'a new one')}]}
      default:
        return step
    }
  }
  return {plan: {...plan, steps: plan.steps.map(pretended)}, opened, next}
}
