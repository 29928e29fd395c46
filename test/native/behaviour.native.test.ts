import {realpathSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {surroundings as machine} from '../../dist/exec/caller.js'
import {refusal} from '../../dist/methods/capability.js'
import {spawnPlan} from '../../dist/methods/spawn.js'
import {posixSpawnFeatures} from '../../dist/native/core.js'
import {type Method, methods} from '../../src/methods/method.js'
import {readSteps} from '../../src/plan/housekeeping.js'
import {signalList, signalMask} from '../../src/plan/signals.js'
import type {Step} from '../../src/plan/step.js'
import {caller, threadStatus} from '../helpers/change-caller.js'
import {fixture} from '../helpers/fixture.js'
import {has} from '../helpers/needs.js'
import {inherited, latin1, type Observed, observe, openDirectory} from '../helpers/observe.js'
import {options, type PlanPieces, planFor} from '../helpers/plans.js'

const {SIGHUP, SIGKILL, SIGPIPE, SIGSTOP, SIGTERM, SIGURG, SIGUSR1} = constants.signals
const directory = openDirectory()
const handedDown = inherited(directory.path)
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

const RLIM_INFINITY = 2n ** 64n - 1n
const firstCpu = String(handedDown.cpus[0])

/** The limits that are handed down, with these in their place. */
function limitsWith(changed: Readonly<Record<number, string>>): readonly string[] {
  return Object.assign([...handedDown.limits], changed)
}

/** BPF_RET | BPF_K, SECCOMP_RET_ALLOW */
const allowAll = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f)

function hex(set: bigint): string {
  return set.toString(16).padStart(16, '0')
}

function kernelSet(signals: readonly number[]): string {
  return hex(signalMask(signals))
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
    ...handedDown,
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
  {
    what: 'a session of its own',
    pieces: {steps: [{kind: 'setsid'}]},
    sees: {session: 'own', group: 'own', terminal: 'none'},
  },
  {
    what: 'a lower limit',
    pieces: {steps: steps({rlimit: 'stack=4M:5M'})},
    sees: {limits: limitsWith({3: '4194304:5242880'})},
  },
  {
    what: 'several limits, also unlimited ones',
    pieces: {steps: steps({rlimit: ['core=0', 'cpu=unlimited', 'nofile=64:128']})},
    sees: {limits: limitsWith({4: '0:0', 0: `${RLIM_INFINITY}:${RLIM_INFINITY}`, 7: '64:128'})},
  },
  {
    what: 'a soft limit alone',
    pieces: {steps: steps({rlimit: 'nofile=100:'})},
    sees: {limits: limitsWith({7: `100:${handedDown.limits[7]?.split(':')[1]}`})},
  },
  {
    what: 'a limit on descriptors below the numbers that it has',
    pieces: {
      steps: [
        {kind: 'descriptors', placements: [0, 1, 2, 200].map(to => ({to, from: {path: '/dev/null', access: 'read'}}))},
        {kind: 'nofile', limit: {soft: 20, hard: 20}},
      ],
    },
    sees: {fds: {0: '/dev/null', 1: '/dev/null', 2: '/dev/null', 200: '/dev/null'}, limits: limitsWith({7: '20:20'})},
  },
  {what: 'a niceness', pieces: {steps: steps({nice: '5'})}, sees: {nice: handedDown.nice + 5}},
  {what: 'batch scheduling', pieces: {steps: steps({sched: 'batch'})}, sees: {policy: 3}},
  {
    what: 'idle scheduling with a niceness',
    pieces: {steps: steps({sched: 'idle', nice: '7'})},
    sees: {policy: 5, nice: handedDown.nice + 7},
  },
  {what: 'one processor', pieces: {steps: steps({cpus: firstCpu})}, sees: {cpus: [Number(firstCpu)]}},
  {what: 'a disk priority', pieces: {steps: steps({ionice: 'best-effort:6'})}, sees: {ioClass: 2, ioLevel: 6}},
  {what: 'the idle disk class', pieces: {steps: steps({ionice: '3'})}, sees: {ioClass: 3, ioLevel: 7}},
  {what: 'a timer slack', pieces: {steps: steps({'timer-slack': '1ms'})}, sees: {timerSlack: 1_000_000}},
  {what: 'an OOM score', pieces: {steps: steps({'oom-score-adj': '500'})}, sees: {oomScoreAdj: 500}},
  {
    what: 'a signal for the end of its caller',
    pieces: {steps: steps({pdeathsig: 'TERM'})},
    sees: {deathSignal: SIGTERM},
  },
  {
    what: 'another personality',
    pieces: {steps: steps({personality: 'addr-no-randomize,3gb'})},
    sees: {personality: 0x8040000},
  },
  {
    what: 'a filter of system calls',
    pieces: {steps: [{kind: 'no_new_privs'}, {kind: 'seccomp', program: allowAll}]},
    sees: {noNewPrivs: '1', seccomp: '2'},
  },
  {what: 'no new privileges', pieces: {steps: [{kind: 'no_new_privs'}]}, sees: {noNewPrivs: '1'}},
  {
    what: 'a process group of its own',
    pieces: {steps: [{kind: 'setpgid'}]},
    sees: {group: 'own', terminal: handedDown.terminal === 'none' ? 'none' : 'background'},
  },
]

/** What only root may ask for. */
const privileged: readonly Case[] = [
  {
    what: 'first-in first-out scheduling',
    pieces: {steps: steps({sched: 'fifo:10'})},
    sees: {policy: 1, priority: 10, timerSlack: 0},
  },
  {
    what: 'round-robin scheduling',
    pieces: {steps: steps({sched: 'rr:99'})},
    sees: {policy: 2, priority: 99, timerSlack: 0},
  },
  {
    what: 'a deadline',
    pieces: {steps: [{kind: 'sched', policy: 'deadline', runtime: 1e6, deadline: 1e7, period: 1e7}]},
    sees: {policy: 6, timerSlack: 0},
  },
  {what: 'less niceness', pieces: {steps: steps({nice: '-3'})}, sees: {nice: handedDown.nice - 3}},
  {what: 'the realtime disk class', pieces: {steps: steps({ionice: 'realtime:0'})}, sees: {ioClass: 1, ioLevel: 0}},
]

const NET_RAW = 1n << 13n
const noCapabilities = kernelSet([])
/** The bounding set without this, as the kernel writes it. */
const without = (capabilities: bigint) => hex(BigInt(`0x${handedDown.capBounding}`) & ~capabilities)
const stranger = {uid: [61234, 61234, 61234], capPermitted: noCapabilities, capEffective: noCapabilities}

const privileges: readonly Case[] = [
  {
    what: 'fewer capabilities',
    pieces: {steps: steps({'cap-drop': 'net_raw'})},
    sees: {capPermitted: without(NET_RAW), capEffective: without(NET_RAW), capBounding: without(NET_RAW)},
  },
  {
    what: 'one capability alone',
    pieces: {steps: steps({'cap-drop': 'all', 'cap-add': 'net_raw'})},
    sees: {
      capPermitted: hex(NET_RAW),
      capEffective: hex(NET_RAW),
      capBounding: hex(NET_RAW),
      capInheritable: hex(NET_RAW),
      capAmbient: hex(NET_RAW),
    },
  },
  {
    what: 'no capability',
    pieces: {steps: steps({'cap-drop': 'all'})},
    sees: {
      capPermitted: noCapabilities,
      capEffective: noCapabilities,
      capBounding: noCapabilities,
      capInheritable: noCapabilities,
    },
  },
  {
    what: 'a capability over the change of user',
    pieces: {steps: steps({uid: '61234', 'ambient-caps': 'net_raw'})},
    sees: {
      ...stranger,
      capPermitted: hex(NET_RAW),
      capEffective: hex(NET_RAW),
      capInheritable: hex(NET_RAW),
      capAmbient: hex(NET_RAW),
    },
  },
  {
    what: 'fewer capabilities as another user',
    pieces: {steps: steps({uid: '61234', 'cap-drop': 'net_raw'})},
    sees: {...stranger, capBounding: without(NET_RAW)},
  },
  {
    what: 'fewer capabilities that are kept over the change of user',
    pieces: {steps: steps({uid: '61234', 'cap-drop': 'net_raw', 'keep-caps': true})},
    sees: {...stranger, capBounding: without(NET_RAW)},
  },
  {
    what: 'nothing left of capabilities that were kept',
    pieces: {steps: steps({uid: '61234', 'keep-caps': true})},
    sees: stranger,
  },
  {
    what: 'a root without privileges',
    pieces: {steps: steps({securebits: 'noroot,noroot_locked'})},
    sees: {securebits: 3, capPermitted: noCapabilities, capEffective: noCapabilities},
  },
  {
    what: 'securebits as another user',
    pieces: {steps: steps({uid: '61234', securebits: 'noroot'})},
    sees: {...stranger, securebits: 1},
  },
]

const identities: readonly Case[] = [
  {
    what: 'a signal for the end of its caller as another user',
    pieces: {steps: steps({uid: '61234', pdeathsig: 'KILL'})},
    sees: {...stranger, deathSignal: SIGKILL},
  },
  ...privileges,
  {what: 'another uid', pieces: {steps: [{kind: 'setuid', uid: 61234}]}, sees: stranger},
  {what: 'another gid', pieces: {steps: [{kind: 'setgid', gid: 61235}]}, sees: {gid: [61235, 61235, 61235]}},
  {what: 'other groups', pieces: {steps: [{kind: 'setgroups', groups: [5, 7, 61236]}]}, sees: {groups: [5, 7, 61236]}},
  {what: 'no groups', pieces: {steps: [{kind: 'setgroups', groups: []}]}, sees: {groups: []}},
  {
    what: 'another user with everything that belongs to it',
    pieces: {steps: has.root ? steps({user: 'nobody', cwd: '/', umask: '077'}) : []},
    sees: {
      ...stranger,
      uid: [65534, 65534, 65534],
      gid: [65534, 65534, 65534],
      groups: [65534],
      cwd: '/',
      umask: 0o077,
    },
  },
]

const isRefused = (method: Method, pieces: PlanPieces) => refusal(planFor('/bin/true', pieces), method) !== undefined

/** The methods that can carry these pieces; the others must say so and create nothing. */
function verify(method: Method, {pieces, sees}: Case): void {
  if (isRefused(method, pieces)) {
    expect(() => spawnPlan(planFor('/bin/true', pieces), method)).toThrow(
      expect.objectContaining({name: 'PlanError', code: 'E_REFUSED'}),
    )
    return
  }
  expect(observe(method, pieces, directory.path)).toEqual({...usual(), ...sees})
}

describe.each(methods)('a child made by %s', method => {
  it.each(cases)('has $what', given => verify(method, given))

  it.skipIf(!has.root).each(privileged)('has $what # needs root', given => verify(method, given))

  it.skipIf(!has.rootAndOpenTree).each(identities)('has $what # needs root, and a tree that others may enter', given =>
    verify(method, given),
  )
})

describe('posix_spawn', () => {
  it('carries every case but those that its attributes cannot say', () => {
    const carried = [...cases, ...privileged]
      .filter(({pieces}) => !isRefused('posix_spawn', pieces))
      .map(({what}) => what)
    expect(carried.filter(what => what !== 'what a plain plan says')).toEqual([
      'empty arguments, spaces, newlines and quotes',
      'UTF-8 in arguments',
      'bytes that are no UTF-8',
      'a thousand arguments',
      'another argv[0]',
      'an empty argv[0]',
      'an empty environment',
      'an environment as it is, in its order',
      'another working directory',
      'a working directory relative to the caller’s',
      'the blocked signals asked for',
      'a signal at its default action that the caller ignores',
      'all signals at their default action',
      'a session of its own',
      'a process group of its own',
      ...(posixSpawnFeatures().scheduling ? ['first-in first-out scheduling', 'round-robin scheduling'] : []),
    ])
  })
})

describe.each(methods.filter(method => method !== 'posix_spawn'))('%s', method => {
  it('carries every case but these', () => {
    const refused = [...cases, ...privileged, ...identities].filter(({pieces}) => isRefused(method, pieces))
    expect(refused.map(({what}) => what)).toEqual(method === 'clone-vm' ? ['an OOM score'] : [])
  })
})
