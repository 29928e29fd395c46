import {existsSync} from 'node:fs'
import type {NotWell, Outcome} from './outcome.js'

export const mountProc = 'mount -t proc proc /proc'

const noProc: NotWell = {
  state: 'unknown',
  evidence: '/proc is not mounted, and nothing else tells',
  next: mountProc,
}

export function hasProc(): boolean {
  return existsSync('/proc/self/status')
}

/** A probe that goes by what /proc says: without it, that a line is not there means nothing. */
export function fromProc(probe: () => Outcome): () => Outcome {
  return () => (hasProc() ? probe() : noProc)
}
