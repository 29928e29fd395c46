import {fstatSync} from 'node:fs'
import {PlanError} from '../errors.js'
import {preparing} from '../methods/diagnosis/diagnose.js'
import {closeDescriptors, openSocketPairs} from '../native/sync.js'
import type {NodeStdio, PipeHandle} from './node-call.js'
import type {NodeSource} from './node-plan.js'

const lastStdio = 2

interface OpenPipe {
  readonly handle: PipeHandle
  readonly near: number
  readonly far: number
}

/** The descriptors of a child to be, opened where Node asks for pipes. */
export interface OpenStdio {
  readonly sources: readonly NodeSource[]
  readonly pipes: readonly OpenPipe[]
}

function isPipe(entry: NodeStdio): entry is Extract<NodeStdio, {type: 'pipe' | 'overlapped'}> {
  return entry.type === 'pipe' || entry.type === 'overlapped'
}

/** libuv tells of a bad descriptor at once; a child that runs on by itself would tell too late. */
function checked(fd: number): number {
  if (fd < 0) throw new PlanError('E_STDIO', `${fd} is no descriptor`)
  if (fd > lastStdio) fstatSync(fd)
  return fd
}

/** @throws {SpawnError} when there are no descriptors left, or one that is named is not open */
export function openStdio(stdio: readonly NodeStdio[]): OpenStdio {
  const handles = stdio.filter(isPipe).map(({handle}) => handle)
  return preparing('clone-vm', () => {
    const given = stdio.map(entry => {
      if (entry.type === 'ignore' || isPipe(entry)) return 'ignore'
      return checked(entry.type === 'wrap' ? entry.handle.fd : entry.fd)
    })
    const pairs = handles.length === 0 ? [] : openSocketPairs(handles.length)
    const pipes = pairs.map(([near, far], i) => ({handle: handles[i] as PipeHandle, near, far}))
    const left = pipes.values()
    const sources = stdio.map((entry, i) => (isPipe(entry) ? (left.next().value as OpenPipe).far : given[i]))
    return {sources: sources as NodeSource[], pipes}
  })
}

export function closeFarEnds({pipes}: OpenStdio): void {
  closeDescriptors(pipes.map(({far}) => far))
}

/** Node reads and writes there from now on, and closes them. */
export function giveNearEnds({pipes}: OpenStdio): void {
  for (const {handle, near} of pipes) handle.open(near)
}

export function closeNearEnds({pipes}: OpenStdio): void {
  closeDescriptors(pipes.map(({near}) => near))
}
