import {PlanError} from '../../errors.js'
import {descriptorOptions, readDescriptors} from '../descriptor-options.js'
import {type Argument, type ScriptWriter, type Slot, words32} from '../script.js'
import type {SpawnActions} from '../spawn-actions.js'
import type {OpenPlacement, Placement, StepKind} from '../step.js'

const F_DUPFD_CLOEXEC = 1030
const F_SETFD = 2
const FD_CLOEXEC = 1
const CLOSE_RANGE_CLOEXEC = 4
const FIONBIO = 0x5421
const EBADF = 9
const allHigher = 0xffffffff
const firstBeyondStdio = 3

interface Move {
  to: number
  from: number
}

/** All placements happen at once in meaning: sources are the caller's descriptors, whatever order they are written in. */
function sort(placements: readonly OpenPlacement[]): {moves: Move[]; stay: number[]; close: number[]; kept: number[]} {
  const moves: Move[] = []
  const stay: number[] = []
  const close: number[] = []
  for (const {to, from} of placements) {
    if (from === 'closed') close.push(to)
    else if (from === to) stay.push(to)
    else moves.push({to, from})
  }
  const kept = [...moves.map(move => move.to), ...stay].filter(fd => fd >= firstBeyondStdio)
  return {moves, stay, close, kept: kept.sort((a, b) => a - b)}
}

/** Sources that a move or a close would destroy before they are used: lifted above every number first. */
function endangered(moves: readonly Move[], close: readonly number[]): readonly number[] {
  const overwritten = new Set([...moves.map(move => move.to), ...close])
  return [...new Set(moves.map(move => move.from))].filter(from => overwritten.has(from))
}

/** The stretches between the kept descriptors, from 3 on, as [first, last]. */
function gaps(kept: readonly number[]): [number, number][] {
  const ranges: [number, number][] = []
  let first = firstBeyondStdio
  for (const fd of kept) {
    if (fd > first) ranges.push([first, fd - 1])
    first = fd + 1
  }
  ranges.push([first, allHigher])
  return ranges
}

/** FIONBIO rather than F_SETFL, which would have to know the other flags. A descriptor of O_PATH has none: EBADF. */
function makeBlocking(script: ScriptWriter, placements: readonly OpenPlacement[]): void {
  const numbers = placements.filter(({blocking}) => blocking).map(({to}) => to)
  if (numbers.length === 0) return
  const off = script.pool.bytes(words32([0]))
  for (const fd of numbers) script.call('ioctl', [fd, FIONBIO, off], {forgive: [EBADF]})
}

function placeInCaller(script: ScriptWriter, placements: readonly OpenPlacement[]): void {
  const {moves, stay, close, kept} = sort(placements)
  const lifted = new Map<number, Argument>()
  for (const from of endangered(moves, close)) {
    const slot = script.slot()
    script.call('fcntl', [from, F_DUPFD_CLOEXEC, script.situation.fdFloor], {save: slot})
    lifted.set(from, slot)
  }
  for (const {to, from} of moves) script.call('dup3', [lifted.get(from) ?? from, to, 0])
  for (const fd of stay) script.call('fcntl', [fd, F_SETFD, 0])
  for (const fd of close) script.call('close', [fd], {forgive: [EBADF]})
  const {openFds} = script.situation
  if (openFds === undefined) {
    for (const [first, last] of gaps(kept)) script.call('close_range', [first, last, CLOSE_RANGE_CLOEXEC])
    return
  }
  for (const fd of openFds)
    if (fd >= firstBeyondStdio && !kept.includes(fd))
      script.call('fcntl', [fd, F_SETFD, FD_CLOEXEC], {forgive: [EBADF]})
}

/** Everything the zygote's child holds is close-on-exec; what it shall keep arrives in the first slots. */
function placeInZygote(script: ScriptWriter, placements: readonly OpenPlacement[]): void {
  const slots = new Map<number, Slot>()
  for (const {from} of placements) {
    if (from === 'closed' || slots.has(from)) continue
    slots.set(from, script.callerDescriptor(from) as Slot)
  }
  for (const slot of slots.values())
    script.call('fcntl', [slot, F_DUPFD_CLOEXEC, script.situation.fdFloor], {save: slot})
  for (const {to, from} of placements)
    if (from === 'closed') script.call('close', [to], {forgive: [EBADF]})
    else script.call('dup3', [slots.get(from) as Slot, to, 0])
}

function placeByActions(actions: SpawnActions, placements: readonly OpenPlacement[], closefrom: boolean): void {
  const {moves, stay, close, kept} = sort(placements)
  const lifted = new Map<number, number>()
  let next = actions.fdFloor
  for (const from of endangered(moves, close)) {
    actions.dup2(from, next)
    lifted.set(from, next++)
  }
  for (const {to, from} of moves) actions.dup2(lifted.get(from) ?? from, to)
  for (const fd of stay) actions.dup2(fd, fd)
  for (const fd of close) actions.close(fd)
  if (closefrom) {
    const beyond = (kept.at(-1) ?? firstBeyondStdio - 1) + 1
    for (let fd = firstBeyondStdio; fd < beyond; fd++) if (!kept.includes(fd)) actions.close(fd)
    actions.closefrom(beyond)
    return
  }
  for (const fd of lifted.values()) actions.close(fd)
  for (const fd of actions.openFds ?? []) if (fd >= firstBeyondStdio && !kept.includes(fd)) actions.close(fd)
}

function opened(placements: readonly Placement[]): readonly OpenPlacement[] {
  for (const {from} of placements)
    if (typeof from === 'object') throw new Error(`${from.path} must be opened before the plan is lowered`)
  return placements as readonly OpenPlacement[]
}

function describeSource({to, from}: Placement): string {
  if (from === 'closed') return `${to} closed`
  if (typeof from === 'number') return from === to ? `${to} kept` : `${to} from ${from}`
  return `${to} from ${from.path} (${from.access})`
}

export const descriptors: StepKind<'descriptors'> = {
  kind: 'descriptors',
  summary:
    'Descriptors: what the child finds at each number; all others are closed on exec. After everything that opens or reads files.',
  options: descriptorOptions,
  read: (values, surroundings) => ({kind: 'descriptors', placements: readDescriptors(values, surroundings)}),
  byDefault: () => ({kind: 'descriptors', placements: [0, 1, 2].map(fd => ({to: fd, from: fd}))}),
  check(step) {
    const seen = new Set<number>()
    for (const {to} of step.placements) {
      if (seen.has(to))
        throw new PlanError('E_STEPS', `descriptor ${to} is placed twice`, {next: 'keep one of the two'})
      seen.add(to)
    }
  },
  lower(step, script) {
    const placements = opened(step.placements)
    if (script.situation.place === 'zygote') placeInZygote(script, placements)
    else placeInCaller(script, placements)
    makeBlocking(script, placements)
  },
  mostSent: ({placements}) => new Set(placements.map(({from}) => from).filter(from => from !== 'closed')).size,
  posixSpawnRefuses: () => undefined,
  lowerToPosixSpawn: (step, actions) => placeByActions(actions, opened(step.placements), actions.openFds === undefined),
  explain(step, errno) {
    const numbers = step.placements.map(describeSource).join(', ')
    switch (errno) {
      case 'EBADF':
        return {
          why: `a source among these is not open in the caller, or a number is beyond its limit, which leaves room for one more above: ${numbers}`,
          next: 'ls -l /proc/self/fd shows what is open, ulimit -n the limit',
        }
      case 'EINVAL':
      case 'EMFILE':
        return {why: 'a descriptor number is beyond the limit RLIMIT_NOFILE', next: 'ulimit -n, or a smaller number'}
    }
    return undefined
  },
  describe: step => `descriptors: ${step.placements.map(describeSource).join(', ') || 'none placed'}`,
}
