import {constants} from 'node:fs'
import {callText} from '../plan/calls/text.js'
import type {Value} from '../plan/calls/values.js'
import {newTerminal} from '../plan/descriptor-options.js'
import {type Namespace, namespaceFile, namespaces} from '../plan/namespaces.js'
import type {Plan} from '../plan/plan.js'
import type {FileSource, JoinTarget, Step} from '../plan/step.js'
import {mapsItself} from '../plan/steps/unshare.js'
import type {SyscallName} from '../plan/syscalls.js'
import {type CgroupCalls, openCgroup} from './cgroup.js'

const AT_FDCWD = -100
const O_CLOEXEC = 0o2000000

/** What is to be opened in the caller and the number that it is given, or what is made of control groups. */
export type Pretended = PretendedFile | {readonly call: string; readonly reason: string}

interface PretendedFile {
  readonly fd: number
  readonly what: FileSource | 'terminal' | 'pipe' | 'namespace'
  readonly path: string
}

const pipes = new WeakSet<FileSource>()

/** What stands for the child's end of a pipe that will be made for this number. */
export function pretendedPipe(to: number): FileSource {
  const pipe: FileSource = {path: `pipe:[${to}]`, access: 'read-write'}
  pipes.add(pipe)
  return pipe
}

/** Above what Node itself has open; the real numbers are known only when files are opened. */
const firstNumber = 20

/** "/proc/7/ns/net" tells; what is mounted elsewhere is mostly a network. */
function namespaceAt(path: string): Namespace {
  return namespaces.find(namespace => path.endsWith(`/ns/${namespaceFile(namespace)}`)) ?? 'net'
}

function cgroupCalls(next: () => number, tell: (made: Pretended) => void): CgroupCalls {
  const {O_WRONLY, O_CREAT, O_TRUNC} = constants
  const reason = 'a control group, before there is a process for it'
  const number = (value: number) => ({number: BigInt(value)})
  const bytes = (text: string) => ({bytes: Buffer.from(text)})
  const say = (name: SyscallName, args: readonly Value[], result = '') =>
    tell({call: `${callText(name, args)}${result}`, reason})
  const open = (path: string, flags: number) => {
    const fd = next()
    say('openat', [number(AT_FDCWD), bytes(path), number(flags | O_CLOEXEC), number(0o666)], ` = ${fd}`)
    return fd
  }
  const close = (fd: number) => say('close', [number(fd)])
  return {
    mkdir: directory => tell({call: `mkdir(${JSON.stringify(directory)}, 0777)`, reason}),
    write: (file, text) => {
      const fd = open(file, O_WRONLY | O_CREAT | O_TRUNC)
      say('write', [number(fd), bytes(text), number(text.length)])
      close(fd)
    },
    open,
    close,
    remove: () => [],
  }
}

/** A plan as it is when all that it names has been opened; nothing is, and nothing comes into being. */
export function pretendOpen(plan: Plan): {plan: Plan; opened: readonly Pretended[]; next: () => number} {
  const opened: Pretended[] = []
  let last = firstNumber - 1
  const next = () => ++last
  const open = (what: PretendedFile['what'], path: string) => {
    opened.push({fd: next(), what, path})
    return last
  }
  const files = new Map<FileSource, number>()
  const fileNumber = (source: FileSource): number => {
    const what = source === newTerminal ? 'terminal' : pipes.has(source) ? 'pipe' : source
    const fd = files.get(source) ?? open(what, source.path)
    files.set(source, fd)
    return fd
  }
  const target = (wanted: JoinTarget): JoinTarget =>
    'path' in wanted ? {fd: open('namespace', wanted.path), namespace: namespaceAt(wanted.path)} : wanted
  const pretended = (step: Step): Step => {
    switch (step.kind) {
      case 'descriptors': {
        const placements = step.placements.map(({from, ...rest}) => ({
          ...rest,
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
      default:
        return step
    }
  }
  const cgroup = openCgroup(
    plan,
    cgroupCalls(next, made => opened.push(made)),
  )
  return {plan: {...plan, steps: cgroup.plan.steps.map(pretended)}, opened, next}
}
