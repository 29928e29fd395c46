import type {Advice} from '../errors.js'

export const mountProc = 'mount -t proc proc /proc'

/** @param use what it would have been for: "which tells …" */
export function noProc(use: string): Required<Advice> {
  return {why: `there is no proc file system here, ${use}`, next: mountProc}
}
