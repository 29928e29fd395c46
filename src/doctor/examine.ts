import {release} from 'node:os'
import type {Outcome} from './outcome.js'
import type {Consequence, Probe, ProbeGroup} from './probe.js'
import {cgroups} from './probes/cgroups.js'
import {creation} from './probes/creation.js'
import {descriptors} from './probes/descriptors.js'
import {limits} from './probes/limits.js'
import {memory} from './probes/memory.js'
import {methodProbes} from './probes/methods.js'
import {mounts} from './probes/mounts.js'
import {namespaces} from './probes/namespaces.js'
import {program} from './probes/program.js'
import {rights} from './probes/rights.js'
import {watching} from './probes/watching.js'

/** In the order in which a person reads about them: what everything needs first. */
export const groups: readonly ProbeGroup[] = [
  program,
  methodProbes,
  creation,
  watching,
  descriptors,
  rights,
  namespaces,
  mounts,
  cgroups,
  limits,
  memory,
]

/** A probe, what it found, and, where that is not well, what follows and what to do. */
export interface Finding {
  readonly id: string
  readonly group: string
  readonly title: string
  readonly essential: boolean
  readonly outcome: Outcome
  readonly consequence?: Consequence
  readonly advice?: string
}

export interface Examination {
  readonly machine: {kernel: string; arch: string; node: string; uid: number}
  readonly findings: readonly Finding[]
}

/** A probe that fails itself is an outcome too: the native core may be missing, or /proc. */
function ask(probe: Probe): Outcome {
  try {
    return probe.probe()
  } catch (error) {
    return {state: 'unknown', evidence: (error as Error).message}
  }
}

function finding(probe: Probe, group: string): Finding {
  const {id, title, essential = false, consequence, advice} = probe
  const outcome = ask(probe)
  const found = {id, group, title, essential, outcome}
  if (outcome.state === 'works') return found
  return {...found, consequence, advice: outcome.next ?? (typeof advice === 'string' ? advice : advice(outcome))}
}

/** Runs every probe, one after the other. */
export function examine(): Examination {
  return {
    machine: {kernel: release(), arch: process.arch, node: process.versions.node, uid: process.geteuid?.() ?? 0},
    findings: groups.flatMap(({id, probes}) => probes.map(probe => finding(probe, id))),
  }
}

/** What `exec` cannot do without, and is not to be had here. */
export function essentialsMissing({findings}: Examination): readonly Finding[] {
  return findings.filter(({essential, outcome}) => essential && ['missing', 'refused'].includes(outcome.state))
}

/** What `exec` cannot do without, and of which it could not be found out whether it works. */
export function essentialsUnknown({findings}: Examination): readonly Finding[] {
  return findings.filter(({essential, outcome}) => essential && outcome.state === 'unknown')
}
