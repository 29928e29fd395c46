import {PlanError, UsageError} from '../../errors.js'
import {isOn, lastValue} from '../option.js'
import type {StepKind} from '../step.js'

const PR_SET_SECUREBITS = 28
const PR_SET_NO_NEW_PRIVS = 38
/** As setpriv(1) spells them, by their bit. */
const securebitNames = [
  'noroot',
  'noroot_locked',
  'no_setuid_fixup',
  'no_setuid_fixup_locked',
  'keep_caps',
  'keep_caps_locked',
  'no_cap_ambient_raise',
  'no_cap_ambient_raise_locked',
]
const mostSecurebits = 2 ** securebitNames.length - 1

function readSecurebits(text: string): number {
  if (/^(0x)?[0-9a-f]+$/i.test(text) && Number(text) <= mostSecurebits) return Number(text)
  return text.split(',').reduce((bits, word) => {
    const name = word.replace(/^\+/, '').replaceAll('-', '_')
    const bit = securebitNames.indexOf(name)
    if (bit >= 0) return bits | (1 << bit)
    if (name === 'none') return bits
    throw new UsageError(`--securebits: "${word}" is no bit`, {next: `with commas: ${securebitNames.join(' ')}`})
  }, 0)
}

export const securebits: StepKind<'securebits'> = {
  kind: 'securebits',
  changesCredentials: true,
  summary: 'What uid 0 is still good for. After the capabilities, of which setpcap is needed here.',
  options: [
    {
      name: 'securebits',
      value: 'LIST',
      summary: `what root and the change of user mean for capabilities: ${securebitNames.join(' ')}`,
    },
  ],
  read(values) {
    const text = lastValue(values, 'securebits')
    return text === undefined ? undefined : {kind: 'securebits', bits: readSecurebits(text)}
  },
  check(step) {
    if (!Number.isInteger(step.bits) || step.bits < 0 || step.bits > mostSecurebits)
      throw new PlanError('E_STEPS', `${step.bits} are no securebits`)
  },
  lower: (step, script) => script.call('prctl', [PR_SET_SECUREBITS, step.bits, 0, 0, 0]),
  posixSpawnRefuses: () => 'it has no attribute for securebits',
  explain: (_, errno) =>
    errno === 'EPERM'
      ? {
          why: 'it takes the capability setpcap, which --cap-drop may have taken, or a bit is locked',
          next: 'run it with sudo, and leave setpcap in',
        }
      : undefined,
  describe: step => `securebits ${securebitNames.filter((_, bit) => step.bits & (1 << bit)).join(',') || 'none'}`,
}

export const noNewPrivs: StepKind<'no_new_privs'> = {
  kind: 'no_new_privs',
  summary: 'No program that it executes can gain rights, set-uid or not. After all that needs rights, for good.',
  options: [
    {
      name: 'no-new-privs',
      summary: 'let neither the program nor what it starts gain rights by set-uid or capabilities',
    },
  ],
  read: values => (isOn(values, 'no-new-privs') ? {kind: 'no_new_privs'} : undefined),
  lower: (_, script) => script.call('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]),
  posixSpawnRefuses: () => 'it has no attribute for no_new_privs',
  describe: () => 'no new privileges',
}
