import type {Option, OptionValues} from './option.js'
import type {Step, StepKind, StepKindName, Surroundings} from './step.js'
import {ambient, bounding, capabilities, keepcaps} from './steps/capabilities.js'
import {cgroup} from './steps/cgroup.js'
import {cpus} from './steps/cpus.js'
import {descriptors} from './steps/descriptors.js'
import {sigdefault, sigignore} from './steps/dispositions.js'
import {setgid, setgroups, setuid} from './steps/identity.js'
import {init} from './steps/init.js'
import {ionice} from './steps/ionice.js'
import {join} from './steps/join.js'
import {pdeathsig, personality, seccomp} from './steps/life.js'
import {nofile, rlimits} from './steps/limits.js'
import {mounts} from './steps/mounts.js'
import {oomScoreAdj} from './steps/oom-score.js'
import {noNewPrivs, securebits} from './steps/privileges.js'
import {ptraceStop} from './steps/ptrace-stop.js'
import {root} from './steps/root.js'
import {nice, sched} from './steps/scheduling.js'
import {setpgid, setsid} from './steps/session.js'
import {sigmask} from './steps/sigmask.js'
import {ctty, foreground} from './steps/terminal.js'
import {timerSlack} from './steps/timer-slack.js'
import {unshare} from './steps/unshare.js'
import {hostname, loopback} from './steps/uts-net.js'
import {chdir, umask} from './steps/working-directory.js'

/** All kinds in the order in which the child does them; each kind's summary says why it stands there. */
const inOrder = {
  sigdefault,
  sigignore,
  setsid,
  setpgid,
  foreground,
  cgroup,
  oom_score_adj: oomScoreAdj,
  sched,
  nice,
  ionice,
  cpus,
  timer_slack: timerSlack,
  personality,
  rlimits,
  join,
  unshare,
  init,
  hostname,
  loopback,
  mounts,
  root,
  bounding,
  keepcaps,
  setgroups,
  setgid,
  setuid,
  capabilities,
  ambient,
  securebits,
  chdir,
  umask,
  pdeathsig,
  descriptors,
  ctty,
  nofile,
  no_new_privs: noNewPrivs,
  sigmask,
  ptrace_stop: ptraceStop,
  seccomp,
} satisfies {[K in StepKindName]: StepKind<K>}

export const stepKinds = Object.values(inOrder) as unknown as readonly StepKind<StepKindName>[]

/** The kind that a step is of, typed so that it takes that very step. */
export function kindOf<K extends StepKindName>(step: {kind: K}): StepKind<K> {
  return inOrder[step.kind] as unknown as StepKind<K>
}

export const housekeepingOptions: readonly Option[] = stepKinds.flatMap(kind => kind.options)

/** The steps that the options ask for, in canonical order. */
export function readSteps(values: OptionValues, surroundings: Surroundings): readonly Step[] {
  return stepKinds.map(kind => kind.read(values, surroundings)).filter(step => step !== undefined)
}

const identity: ReadonlySet<StepKindName> = new Set<StepKindName>(['setgroups', 'setgid', 'setuid'])

/** A working directory may be asked for before the identity is given away; the rest has one order. */
function withEarlyDirectory(steps: readonly Step[]): readonly Step[] {
  const early = steps.find(step => step.kind === 'chdir' && step.beforeIdentity)
  const at = steps.findIndex(({kind}) => identity.has(kind))
  if (early === undefined || at < 0) return steps
  return [...steps.slice(0, at), early, ...steps.slice(at).filter(step => step !== early)]
}

/** In canonical order, with the steps added that no child can do without. */
export function completeSteps(steps: readonly Step[]): readonly Step[] {
  const inOrder = stepKinds.flatMap(kind => {
    const step = steps.find(candidate => candidate.kind === kind.kind) ?? kind.byDefault?.()
    return step === undefined ? [] : [step]
  })
  return withEarlyDirectory(inOrder)
}
