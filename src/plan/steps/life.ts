import {type Advice, PlanError, UsageError} from '../../errors.js'
import {lastValue, refuseEmpty} from '../option.js'
import {words64} from '../script.js'
import {lastSignal, signalName, signalNumber} from '../signals.js'
import type {StepKind} from '../step.js'
import {isSupervised} from '../supervision.js'

const SIGKILL = 9
const SECCOMP_SET_MODE_FILTER = 1
const instructionBytes = 8
const mostInstructions = 4096
const mostFilterBytes = mostInstructions * instructionBytes

/** sys/personality.h, spelled as setarch(8) does. */
const personas: Readonly<Record<string, number>> = {
  'uname-2.6': 0x0020000,
  'addr-no-randomize': 0x0040000,
  'fdpic-funcptrs': 0x0080000,
  'mmap-page-zero': 0x0100000,
  'addr-compat-layout': 0x0200000,
  'read-implies-exec': 0x0400000,
  '32bit': 0x0800000,
  'short-inode': 0x1000000,
  'whole-seconds': 0x2000000,
  'sticky-timeouts': 0x4000000,
  '3gb': 0x8000000,
  linux32: 0x0000008,
}
const mostPersona = 0xffffffe

export const pdeathsig: StepKind<'pdeathsig'> = {
  kind: 'pdeathsig',
  summary:
    'The signal that it gets when its caller ends. After the identity, whose change forgets it; then it is seen whether the caller is still there.',
  options: [
    {
      name: 'pdeathsig',
      value: 'SIGNAL',
      summary:
        'the signal that the program gets when spawnctl is killed; KILL with --timeout and --kill-tree, "none" for none',
    },
  ],
  read(values) {
    const text = lastValue(values, 'pdeathsig')
    if (text === 'none') return undefined
    if (text !== undefined) return {kind: 'pdeathsig', signal: signalNumber(text)}
    return isSupervised(values) ? {kind: 'pdeathsig', signal: SIGKILL} : undefined
  },
  check(step) {
    if (!Number.isInteger(step.signal) || step.signal < 1 || step.signal > lastSignal)
      throw new PlanError('E_STEPS', `${step.signal} is no signal`)
  },
  lower: (step, script) => script.endWithParent(step.signal),
  posixSpawnRefuses: () => 'it has no attribute for it',
  explain: (_, errno) =>
    errno === 'ESRCH'
      ? {why: 'the caller has ended meanwhile, so nobody would have been told of the failure'}
      : undefined,
  describe: step => `${signalName(step.signal)} when the caller ends`,
}

export const personality: StepKind<'personality'> = {
  kind: 'personality',
  summary: 'Execution domain: how the kernel lays out memory, and what it calls itself.',
  options: [
    {
      name: 'personality',
      value: 'LIST',
      summary: `execution domain, as setarch: ${Object.keys(personas).join(' ')}`,
    },
  ],
  read(values) {
    const text = lastValue(values, 'personality')
    if (text === undefined) return undefined
    const persona = text.split(',').reduce((sum, name) => {
      const flag = Object.hasOwn(personas, name) ? (personas[name] as number) : undefined
      if (flag === undefined)
        throw new UsageError(`--personality does not know "${name}"`, {
          next: `with commas: ${Object.keys(personas).join(' ')}`,
        })
      return sum | flag
    }, 0)
    return {kind: 'personality', persona}
  },
  check(step) {
    if (!Number.isInteger(step.persona) || step.persona < 0 || step.persona > mostPersona)
      throw new PlanError('E_STEPS', `${step.persona} is no personality`)
  },
  lower: (step, script) => script.call('personality', [step.persona]),
  posixSpawnRefuses: () => 'it has no attribute for the personality',
  describe: step =>
    `personality ${
      Object.keys(personas)
        .filter(name => step.persona & (personas[name] as number))
        .join(',') || 'linux'
    }`,
}

const whatFilterIs: Advice = {
  why: `a filter is 1 to ${mostInstructions} instructions of ${instructionBytes} bytes (struct sock_filter)`,
  next: 'write one with libseccomp’s seccomp_export_bpf',
}

export const seccomp: StepKind<'seccomp'> = {
  kind: 'seccomp',
  summary:
    'A filter for system calls. Last of all: it need allow no more than execve and what the program itself does.',
  options: [
    {
      name: 'seccomp',
      value: 'FILE',
      summary:
        'filter system calls by this compiled BPF program, 8 bytes an instruction; without privileges with --no-new-privs',
    },
  ],
  read(values, surroundings) {
    const path = lastValue(values, 'seccomp')
    refuseEmpty(path, 'seccomp', 'a file', './filter.bpf')
    if (path === undefined) return undefined
    const program = surroundings.readFile(path, 'seccomp', mostFilterBytes)
    if (program.length > mostFilterBytes)
      throw new UsageError(`--seccomp ${path}: more than ${mostFilterBytes} bytes are no seccomp filter`, whatFilterIs)
    return {kind: 'seccomp', program}
  },
  check(step) {
    const count = step.program.length / instructionBytes
    if (!Number.isInteger(count) || count < 1 || count > mostInstructions)
      throw new PlanError('E_STEPS', `${step.program.length} bytes are no seccomp filter`, whatFilterIs)
  },
  lower(step, script) {
    const instructions = script.pool.bytes(step.program)
    const head = script.pool.bytes(words64(BigInt(step.program.length / instructionBytes), 0n))
    script.pool.pointer(head, 8, instructions)
    script.call('seccomp', [SECCOMP_SET_MODE_FILTER, 0, head])
  },
  posixSpawnRefuses: () => 'it has no attribute for seccomp',
  explain(_, errno) {
    switch (errno) {
      case 'EACCES':
        return {why: 'without CAP_SYS_ADMIN a filter needs no_new_privs', next: '--no-new-privs'}
      case 'EINVAL':
        return {
          why: 'the kernel takes the bytes for no valid filter',
          next: 'write one with libseccomp’s seccomp_export_bpf',
        }
    }
    return undefined
  },
  describe: step => `seccomp filter of ${step.program.length / instructionBytes} instructions`,
}
