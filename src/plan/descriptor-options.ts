import {UsageError} from '../errors.js'
import {isOn, lastValue, type Option, type OptionValues, refuseEmpty, wholeNumber} from './option.js'
import type {FileAccess, FileSource, Placement, Surroundings} from './step.js'

const specs = 'null, inherit, close, fd:N, a path, or read:PATH write:PATH append:PATH rw:PATH'
const mostFd = 1_048_575
const accessByPrefix: Readonly<Record<string, FileAccess>> = {
  read: 'read',
  write: 'write',
  append: 'append',
  rw: 'read-write',
}

/** A terminal that is made for the program; who runs it relays what goes through. */
export const newTerminal: FileSource = {path: 'a new terminal', access: 'read-write'}

export const descriptorOptions: readonly Option[] = [
  {name: 'stdin', value: 'SPEC', summary: `where standard input comes from: ${specs}`},
  {name: 'stdout', value: 'SPEC', summary: 'where standard output goes: the same words, or "stderr" to join it'},
  {name: 'stderr', value: 'SPEC', summary: 'where standard error goes: the same words, or "stdout" to join it'},
  {
    name: 'fd',
    value: 'N=SPEC',
    multiple: true,
    summary: 'what the program finds at descriptor N; a plain path is opened for reading',
  },
  {
    name: 'pty',
    summary:
      'run the program in a session with a terminal of its own, which is its standard input, output and error unless these are given',
  },
]

const firstBeyondStdio = 3
/** No command line can say it. */
const fromNewTerminal = '\0'

type Source = Placement['from']

function readFd(text: string, option: string, example: string): number {
  return wholeNumber(text, option, mostFd, {
    why: 'it is the number of a descriptor; the kernel lets a process have so many at most (fs.nr_open)',
    next: `--${option} ${example}`,
  })
}

function readSource(spec: string, to: number, option: string, surroundings: Surroundings): Source {
  if (spec === fromNewTerminal) return newTerminal
  const shown = option === 'fd' ? `${to}=` : ''
  refuseEmpty(spec, option, specs, `${shown}null`)
  if (spec === 'null') return {path: '/dev/null', access: 'read-write'}
  if (spec === 'inherit') return surroundings.inheritedDescriptor(to)
  if (spec === 'close') return 'closed'
  const colon = spec.indexOf(':')
  const [prefix, rest] = [spec.slice(0, Math.max(colon, 0)), spec.slice(colon + 1)]
  if (prefix === 'fd') return surroundings.inheritedDescriptor(readFd(rest, option, `${shown}fd:5`))
  const access = accessByPrefix[prefix]
  if (access !== undefined && rest === '')
    throw new UsageError(`--${option} wants a path after "${spec}"`, {next: `--${option} ${shown}${spec}./file`})
  if (access !== undefined) return {path: rest, access}
  return {path: spec, access: to === 1 || to === 2 ? 'write' : 'read'}
}

/** Every number's wish, as written: the later option wins over the earlier one for the same number. */
function wishes(values: OptionValues): Map<number, {spec: string; option: string}> {
  const wanted = new Map<number, {spec: string; option: string}>()
  for (const [fd, option] of ['stdin', 'stdout', 'stderr'].entries())
    wanted.set(fd, {spec: lastValue(values, option) ?? (isOn(values, 'pty') ? fromNewTerminal : 'inherit'), option})
  for (const text of values.fd ?? []) {
    const equals = text.indexOf('=')
    if (equals < 0) throw new UsageError(`--fd wants N=SPEC, not "${text}"`, {next: '--fd 3=fd:5, or --fd 3=./file'})
    wanted.set(readFd(text.slice(0, equals), 'fd', '3=null'), {spec: text.slice(equals + 1), option: 'fd'})
  }
  return wanted
}

function firstFree(taken: ReadonlyMap<number, Source>): number {
  let fd = firstBeyondStdio
  while (taken.has(fd)) fd++
  return fd
}

/** Where the child finds the new terminal: also for a program that has it at none of 0, 1 and 2 until it is its session's. */
export function terminalPlace(values: OptionValues, surroundings: Surroundings): {fd: number; forProgram: boolean} {
  const place = readDescriptors(values, surroundings).find(({from}) => from === newTerminal)
  const fd = (place as Placement).to
  return {fd, forProgram: fd < firstBeyondStdio}
}

/** What the child shall find at 0, 1, 2 and every number of --fd. */
export function readDescriptors(values: OptionValues, surroundings: Surroundings): readonly Placement[] {
  const wanted = wishes(values)
  const joins = new Map([
    [1, 'stderr'],
    [2, 'stdout'],
  ])
  const joined = [...joins].filter(([fd, other]) => wanted.get(fd)?.spec === other).map(([fd]) => fd)
  if (joined.length === 2)
    throw new UsageError('--stdout stderr and --stderr stdout join each other in a circle', {
      next: 'keep one of the two',
    })
  const sources = new Map<number, Source>()
  for (const [fd, {spec, option}] of wanted)
    if (!joined.includes(fd)) sources.set(fd, readSource(spec, fd, option, surroundings))
  for (const fd of joined) sources.set(fd, sources.get(fd === 1 ? 2 : 1) as Source)
  if (isOn(values, 'pty') && ![...sources.values()].includes(newTerminal)) sources.set(firstFree(sources), newTerminal)
  return [...sources].sort(([a], [b]) => a - b).map(([to, from]) => ({to, from}))
}
