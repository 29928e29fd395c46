import type {SpawnOptions} from 'node:child_process'
import {pretendedPipe} from '../methods/pretend.js'
import type {FileSource} from '../plan/step.js'
import type {NodeSource} from '../process/node-plan.js'

/** What the child would find at a number: like a plan's sources, and pipes that are not there yet. */
export type ForeseenSource = NodeSource | FileSource

const words: Readonly<Record<string, true>> = {pipe: true, overlapped: true, ipc: true}

function descriptorOf(stream: object): number | undefined {
  const {fd, _handle: handle} = stream as {fd?: unknown; _handle?: {fd?: unknown} | null}
  const number = fd ?? handle?.fd
  return typeof number === 'number' && number >= 0 ? number : undefined
}

function sourceOf(entry: unknown, to: number): ForeseenSource {
  const pipe = pretendedPipe(to)
  if (entry === undefined || entry === null) return to > 2 ? 'ignore' : pipe
  if (entry === 'ignore') return 'ignore'
  if (entry === 'inherit') return to
  if (typeof entry === 'number') return entry
  if (typeof entry === 'object') return descriptorOf(entry) ?? pipe
  return words[entry as string] ? pipe : 'ignore'
}

/** The stdio option of a spawn, by number. */
export function foreseenStdio(stdio: SpawnOptions['stdio']): readonly ForeseenSource[] {
  const entries: readonly unknown[] = Array.isArray(stdio) ? stdio : [stdio, stdio, stdio]
  return Array.from({length: Math.max(entries.length, 3)}, (_, to) => sourceOf(entries[to], to))
}
