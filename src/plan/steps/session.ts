import {PlanError} from '../../errors.js'
import {isOn, type OptionValues} from '../option.js'
import type {StepKind} from '../step.js'
import {isSupervised} from '../supervision.js'

/** A terminal of its own is had by a session of its own only. */
export function wantsSession(values: OptionValues): boolean {
  return isOn(values, 'setsid') || isOn(values, 'pty')
}

export const setsid: StepKind<'setsid'> = {
  kind: 'setsid',
  summary: 'A session of its own, without a controlling terminal; before anything that depends on the session.',
  options: [{name: 'setsid', summary: 'start the program in a session of its own, without a controlling terminal'}],
  read(values) {
    if (!wantsSession(values)) return undefined
    if (isOn(values, 'setpgid') || isOn(values, 'foreground'))
      throw new PlanError('E_STEPS', '--setsid (or --pty) and --setpgid (or --foreground) exclude each other', {
        why: 'the leader of a new session already leads a new process group, and setpgid would fail with EPERM',
        next: 'keep --setsid, or --pty, alone',
      })
    return {kind: 'setsid'}
  },
  lower: (_, script) => script.call('setsid', []),
  posixSpawnRefuses: () => undefined,
  lowerToPosixSpawn(_, actions) {
    actions.setsid = true
  },
  describe: () => 'new session',
}

export const setpgid: StepKind<'setpgid'> = {
  kind: 'setpgid',
  summary: 'A process group of its own in the same session: the terminal’s Ctrl-C does not reach it.',
  options: [
    {
      name: 'setpgid',
      summary:
        'start the program in a process group of its own; part of --foreground, and of --timeout and --kill-tree unless spawnctl leads its group',
    },
  ],
  read(values, surroundings) {
    const wanted = ['setpgid', 'foreground'].some(name => isOn(values, name))
    const wants = () => isSupervised(values) && !wantsSession(values) && !surroundings.leadsGroup()
    return wanted || wants() ? {kind: 'setpgid'} : undefined
  },
  lower: (_, script) => script.call('setpgid', [0, 0]),
  posixSpawnRefuses: () => undefined,
  lowerToPosixSpawn(_, actions) {
    actions.setpgroup = true
  },
  describe: () => 'new process group',
}
