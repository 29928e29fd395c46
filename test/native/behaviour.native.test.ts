import {realpathSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {surroundings as machine} from '../../dist/exec/caller.js'
import {spawnPlan} from '../../dist/methods/spawn.js'
import {posixSpawnFeatures} from '../../dist/native/core.js'
import {type Method, methods} from '../../src/methods/method.js'
import {readSteps} from '../../src/plan/housekeeping.js'
import {posixSpawnRefusal} from '../../src/plan/lower.js'
import {signalList, signalMask} from '../../src/plan/signals.js'
import type {Step} from '../../src/plan/step.js'
import {caller, threadStatus} from '../helpers/change-caller.js'
import {fixture} from '../helpers/fixture.js'
import {has} from '../helpers/needs.js'
import {latin1, type Observed, observe, openDirectory} from '../helpers/observe.js'
import {options, type PlanPieces, planFor} from '../helpers/plans.js'

const {SIGHUP, SIGKILL, SIGPIPE, SIGSTOP, SIGTERM, SIGURG, SIGUSR1} = constants.signals
const directory = openDirectory()
const noSignals = kernelSet([])
const changeable = signalList('all').filter(signal => signal !== SIGKILL && signal !== SIGSTOP)

beforeAll(() => {
  caller.ignoreSignal(SIGURG)
  caller.blockSignal(SIGUSR1)
})

afterAll(() => {
  caller.unblockSignal(SIGUSR1)
  directory.remove()
})

function kernelSet(signals: readonly number[]): string {
  return signalMask(signals).toString(16).padStart(16, '0')
}

/** What the child of a plain plan sees, whatever made it; the caller blocks SIGUSR1 and ignores SIGURG. */
function usual(): Observed {
  const [uid, gid] = [process.getuid?.() as number, process.getgid?.() as number]
  return {
    argv: [fixture('print-state')],
    environ: ['PATH=/bin:/usr/bin'],
    cwd: process.cwd(),
    umask: process.umask(),
    fds: {0: '/dev/null', 1: '/dev/null', 2: '/dev/null'},
    blocked: noSignals,
    ignored: kernelSet([SIGURG]),
    caught: noSignals,
    uid: [uid, uid, uid],
    gid: [gid, gid, gid],
    groups: (threadStatus('Groups') ?? '').split(' ').filter(Boolean).map(Number),
    parent: 'caller',
    group: 'caller’s',
    session: 'caller’s',
  }
}

interface Case {
  readonly what: string
  readonly pieces: PlanPieces
  /** Where the child's state is not the usual one. */
  readonly sees: Partial<Observed>
}

/** Steps as `spawnctl exec` reads them, with users and groups of this machine. */
function steps(given: Parameters<typeof options>[0]): readonly Step[] {
  return readSteps(options({stdin: 'null', stdout: 'null', stderr: 'null', ...given}), machine)
}

const odd = ['', ' ', 'a\nb', '"', "'", '\\', '$HOME', '*', '']
const many = Array.from({length: 1000}, (_, i) => `argument ${i}`)
const oddEnvironment = ['B=2', 'A=1', 'EMPTY=', 'WITH=equals=signs', 'LINES=a\nb', 'no equals sign', 'B=again']

const cases: readonly Case[] = [
  {what: 'what a plain plan says', pieces: {}, sees: {}},
  {
    what: 'empty arguments, spaces, newlines and quotes',
    pieces: {args: odd},
    sees: {argv: [fixture('print-state'), ...odd]},
  },
  {
    what: 'UTF-8 in arguments',
    pieces: {args: ['grüße', '日本', '🐧']},
    sees: {argv: [fixture('print-state'), ...['grüße', '日本', '🐧'].map(latin1)]},
  },
  {
    what: 'bytes that are no UTF-8',
    pieces: {args: [Uint8Array.of(0xff, 0xfe)], env: [Uint8Array.of(0x41, 0x3d, 0xff)]},
    sees: {argv: [fixture('print-state'), '\xff\xfe'], environ: ['A=\xff']},
  },
  {what: 'a thousand arguments', pieces: {args: many}, sees: {argv: [fixture('print-state'), ...many]}},
  {what: 'another argv[0]', pieces: {argv0: '-login'}, sees: {argv: ['-login']}},
  {what: 'an empty argv[0]', pieces: {argv0: ''}, sees: {argv: ['']}},
  {what: 'an empty environment', pieces: {env: []}, sees: {environ: []}},
  {
    what: 'an environment as it is, in its order',
    pieces: {env: oddEnvironment},
    sees: {environ: oddEnvironment},
  },
  {
    what: 'another working directory',
    pieces: {steps: [{kind: 'chdir', path: '/usr'}]},
    sees: {cwd: realpathSync('/usr')},
  },
  {
    what: 'a working directory relative to the caller’s',
    pieces: {steps: [{kind: 'chdir', path: 'test/fixtures'}]},
    sees: {cwd: join(process.cwd(), 'test/fixtures')},
  },
  ...[0, 0o027, 0o777].map(mask => ({
    what: `umask ${mask.toString(8)}`,
    pieces: {steps: [{kind: 'umask', mask}]} as const,
    sees: {umask: mask},
  })),
  {
    what: 'the blocked signals asked for',
    pieces: {steps: steps({sigmask: 'HUP,TERM,64'})},
    sees: {blocked: kernelSet([SIGHUP, SIGTERM, 64])},
  },
  {
    what: 'all signals blocked that can be',
    pieces: {steps: steps({sigmask: 'all'})},
    sees: {blocked: kernelSet(changeable)},
  },
  {
    what: 'a signal at its default action that the caller ignores',
    pieces: {steps: steps({sigdefault: 'URG'})},
    sees: {ignored: noSignals},
  },
  {
    what: 'all signals at their default action',
    pieces: {steps: steps({sigdefault: 'all'})},
    sees: {ignored: noSignals},
  },
  {
    what: 'the ignored signals asked for',
    pieces: {steps: steps({sigignore: 'HUP,PIPE'})},
    sees: {ignored: kernelSet([SIGHUP, SIGPIPE, SIGURG])},
  },
  {
    what: 'all signals ignored that can be',
    pieces: {steps: steps({sigignore: 'all'})},
    sees: {ignored: kernelSet(changeable)},
  },
  {what: 'a session of its own', pieces: {steps: [{kind: 'setsid'}]}, sees: {session: 'own', group: 'own'}},
  {what: 'a process group of its own', pieces: {steps: [{kind: 'setpgid'}]}, sees: {group: 'own'}},
]

const identities: readonly Case[] = [
  {what: 'another uid', pieces: {steps: [{kind: 'setuid', uid: 61234}]}, sees: {uid: [61234, 61234, 61234]}},
  {what: 'another gid', pieces: {steps: [{kind: 'setgid', gid: 61235}]}, sees: {gid: [61235, 61235, 61235]}},
  {what: 'other groups', pieces: {steps: [{kind: 'setgroups', groups: [5, 7, 61236]}]}, sees: {groups: [5, 7, 61236]}},
  {what: 'no groups', pieces: {steps: [{kind: 'setgroups', groups: []}]}, sees: {groups: []}},
  {
    what: 'another user with everything that belongs to it',
    pieces: {steps: has.root ? steps({user: 'nobody', cwd: '/', umask: '077'}) : []},
    sees: {uid: [65534, 65534, 65534], gid: [65534, 65534, 65534], groups: [65534], cwd: '/', umask: 0o077},
  },
]

const refusedByPosixSpawn = (pieces: PlanPieces) =>
  posixSpawnRefusal(planFor('/bin/true', pieces), posixSpawnFeatures())?.step

/** The methods that can carry these pieces; the others must say so and create nothing. */
function verify(method: Method, {pieces, sees}: Case): void {
  if (method === 'posix_spawn' && refusedByPosixSpawn(pieces) !== undefined) {
    expect(() => spawnPlan(planFor('/bin/true', pieces), method)).toThrow(
      expect.objectContaining({name: 'PlanError', code: 'E_REFUSED'}),
    )
    return
  }
  expect(observe(method, pieces, directory.path)).toEqual({...usual(), ...sees})
}

describe.each(methods)('a child made by %s', method => {
  it.each(cases)('has $what', given => verify(method, given))

  it.skipIf(!has.rootAndOpenTree).each(identities)('has $what # needs root, and a tree that others may enter', given =>
    verify(method, given),
  )
})

describe('posix_spawn', () => {
  it('carries every case but those that its attributes cannot say', () => {
    const refused = [...cases, ...identities].filter(({pieces}) => refusedByPosixSpawn(pieces) !== undefined)
    expect(refused.map(({what}) => what)).toEqual([
      'umask 0',
      'umask 27',
      'umask 777',
      'all signals blocked that can be',
      'the ignored signals asked for',
      'all signals ignored that can be',
      'another uid',
      'another gid',
      'other groups',
      'no groups',
      ...(has.root ? ['another user with everything that belongs to it'] : []),
    ])
  })
})
