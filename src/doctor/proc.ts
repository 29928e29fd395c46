import {existsSync} from 'node:fs'
import {mountProc} from '../plan/proc.js'
import type {NotWell, Outcome} from './outcome.js'

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
