import {closeSync} from 'node:fs'
import {PlanError} from '../errors.js'
import {openTerminalEnds} from '../native/core.js'
import {newTerminal} from '../plan/descriptor-options.js'
import type {Plan} from '../plan/plan.js'
import {describeErrno} from './diagnosis/errno.js'

const noEnds = {terminal: -1, terminalPeer: -1}

/** A plan whose new terminal, if it asks for one, is open. */
interface WithTerminal {
  readonly plan: Plan
  /** Both ends, for the run that closes them; to be called once. */
  take(): typeof noEnds
  /** Closes what nobody has taken. */
  close(): void
}

function open(): [number, number] {
  try {
    return openTerminalEnds()
  } catch (cause) {
    const {name, text} = describeErrno((cause as {errno: number}).errno)
    throw new PlanError('E_OPEN', `a new terminal cannot be opened: ${text} (${name})`, {
      why: 'there is no /dev/ptmx here, or all terminals are in use (kernel.pty.max)',
      next: 'mount | grep devpts; sysctl kernel.pty',
    })
  }
}

/** @throws {PlanError} when there is no terminal to be had */
export function openTerminal(plan: Plan): WithTerminal {
  const descriptors = plan.steps.find(step => step.kind === 'descriptors')
  if (!descriptors?.placements.some(({from}) => from === newTerminal))
    return {plan, take: () => noEnds, close: () => undefined}
  let [terminal, terminalPeer] = open()
  const placements = descriptors.placements.map(({to, from}) => ({
    to,
    from: from === newTerminal ? terminalPeer : from,
  }))
  return {
    plan: {...plan, steps: plan.steps.map(step => (step === descriptors ? {...step, placements} : step))},
    take() {
      const ends = {terminal, terminalPeer}
      terminal = terminalPeer = -1
      return ends
    },
    close() {
      for (const fd of [terminal, terminalPeer]) if (fd >= 0) closeSync(fd)
    },
  }
}
