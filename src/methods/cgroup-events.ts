import {join} from 'node:path'
import {readText} from './read-text.js'

/**
 * A limit of a control group that its processes have met: "memory", the kernel killed one of them for want of memory;
 * "pids", one was refused a child or a thread.
 */
export type LimitMet = 'memory' | 'pids'

interface Counter {
  readonly limit: LimitMet
  readonly file: string
  readonly key: string
}

const counters: readonly Counter[] = [
  {limit: 'memory', file: 'memory.events', key: 'oom_kill'},
  {limit: 'memory', file: 'memory.oom_control', key: 'oom_kill'}, // version 1, since Linux 4.13
  {limit: 'pids', file: 'pids.events', key: 'max'},
]

/** Not a number where the file is not there, without the controller or of the other version, or has no such line. */
function countIn(file: string, key: string): number {
  const lines = readText(file)?.split('\n')
  return Number(lines?.find(line => line.startsWith(`${key} `))?.slice(key.length))
}

/** @param directories control groups that are still there, of one program */
export function limitsMet(directories: readonly string[]): readonly LimitMet[] {
  const met = counters.filter(({file, key}) => directories.some(path => countIn(join(path, file), key) > 0))
  return [...new Set(met.map(({limit}) => limit))]
}
