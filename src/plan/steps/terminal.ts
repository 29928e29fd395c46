import {PlanError} from '../../errors.js'
import {terminalPlace} from '../descriptor-options.js'
import {AT_FDCWD, O_CLOEXEC} from '../fcntl.js'
import {isOn} from '../option.js'
import type {SpawnActions} from '../spawn-actions.js'
import type {StepKind} from '../step.js'
import {wantsSession} from './session.js'

const O_RDWR_NOCTTY = 0o402
/** Opening it never blocks, and it is the child's own session that counts. */
const ownTerminal = '/dev/tty'
const TIOCSCTTY = 0x540e
const TIOCSPGRP = 0x5410

export const foreground: StepKind<'foreground'> = {
  kind: 'foreground',
  summary:
    'The terminal’s keys and its input are for the new process group. After it is made, while signals are blocked: SIGTTOU would stop the child.',
  options: [
    {
      name: 'foreground',
      summary:
        'start the program in a process group of its own, and give that the terminal; spawnctl takes it back at the end',
    },
  ],
  read: values => (isOn(values, 'foreground') ? {kind: 'foreground'} : undefined),
  lower(_, script) {
    const [terminal, group] = [script.slot(), script.slot()]
    script.call('openat', [AT_FDCWD, script.pool.text(ownTerminal), O_RDWR_NOCTTY | O_CLOEXEC], {save: terminal})
    script.call('getpid', [], {save: group})
    script.call('ioctl', [terminal, TIOCSPGRP, {addressOf: group}])
    script.call('close', [terminal])
  },
  posixSpawnRefuses: (_, features) =>
    features.tcsetpgrp ? undefined : 'this libc has no posix_spawn_file_actions_addtcsetpgrp_np (glibc 2.35)',
  lowerToPosixSpawn(_, actions: SpawnActions) {
    const terminal = actions.fdFloor
    actions.open(terminal, ownTerminal, O_RDWR_NOCTTY)
    actions.tcsetpgrp(terminal)
    actions.close(terminal)
  },
  explain: (_, errno) =>
    errno === 'ENXIO' || errno === 'ENOTTY'
      ? {why: 'there is no controlling terminal', next: 'leave --foreground out, or start spawnctl at a terminal'}
      : undefined,
  describe: () => 'the terminal’s foreground group',
}

export const ctty: StepKind<'ctty'> = {
  kind: 'ctty',
  summary:
    'Standard input, or the new terminal, becomes the controlling terminal of the new session. After the descriptors are placed.',
  options: [{name: 'ctty', summary: 'make standard input the controlling terminal of the session that --setsid makes'}],
  read(values, surroundings) {
    if (!isOn(values, 'ctty') && !isOn(values, 'pty')) return undefined
    if (!wantsSession(values))
      throw new PlanError('E_STEPS', '--ctty needs --setsid', {
        why: 'only the leader of a session can take a terminal, and spawnctl’s session is its caller’s',
        next: '--setsid --ctty',
      })
    return {kind: 'ctty', ...(isOn(values, 'pty') && {terminal: terminalPlace(values, surroundings)})}
  },
  lower({terminal}, script) {
    // The session is that of the process that stayed behind; the program leads one of its own.
    if (script.situation.processes > 1) script.call('setsid', [])
    script.call('ioctl', [terminal?.fd ?? 0, TIOCSCTTY, 0])
    if (terminal?.forProgram === false) script.call('close', [terminal.fd])
  },
  posixSpawnRefuses: () => 'it has no action for terminals',
  explain(_, errno) {
    switch (errno) {
      case 'ENOTTY':
        return {why: 'standard input is no terminal', next: '--stdin rw:/dev/pts/N names one, --pty makes one'}
      case 'EPERM':
        return {
          why: 'the terminal is that of another session already, or the child does not lead its own',
          next: '--pty makes a terminal of its own',
        }
    }
    return undefined
  },
  describe: ({terminal}) => `${terminal === undefined ? 'standard input' : 'the new terminal'} as controlling terminal`,
}
