import {readSteps} from '../../src/plan/housekeeping.js'
import type {OptionValues} from '../../src/plan/option.js'
import {makePlan, type Plan} from '../../src/plan/plan.js'
import type {Situation} from '../../src/plan/script.js'
import type {Step, Surroundings} from '../../src/plan/step.js'
import type {Text} from '../../src/plan/text.js'

/** A machine with two users, two groups, and the descriptors 0 to 9 handed down. */
export const surroundings: Surroundings = {
  findUser(name) {
    const ids = {alice: {uid: 1000, gid: 1000}, nobody: {uid: 65534, gid: 65534}}[name]
    if (ids === undefined) throw new Error(`no user ${name}`)
    return ids
  },
  findGroup(name) {
    const gid = {staff: 50, tty: 5}[name]
    if (gid === undefined) throw new Error(`no group ${name}`)
    return gid
  },
  findGroups: (name, gid) => (name === 'alice' ? [gid, 20, 50] : [gid]),
  inheritedDescriptor(fd) {
    if (fd > 9) throw new Error(`descriptor ${fd} was not handed down`)
    return fd
  },
  findLimit: () => ({soft: 1024, hard: 4096}),
  niceness: () => 3,
  leadsGroup: () => false,
  capabilities: () => ({permitted: [0, 6, 7, 8, 13], inheritable: [13], last: 40}),
  readFile: path => Buffer.from(path),
  identity: () => ({uid: 1000, gid: 100}),
  identityIn: () => ({uid: 0, gid: 5}),
  subordinateIds: () => ({outer: 100_000, count: 65_536}),
  foreignNamespaces: () => ['net', 'mount'],
  workingDirectoryBelow: paths => (paths.includes('/work') ? '/work/here' : undefined),
}

/** Option values from words: `options({umask: '027', env: ['A=1', 'B=2'], setsid: true})`. */
export function options(given: Readonly<Record<string, string | true | readonly string[]>>): OptionValues {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      value === true ? [''] : typeof value === 'string' ? [value] : value,
    ]),
  )
}

/** The steps of a command line with these options. */
export function stepsOf(given: Parameters<typeof options>[0]): readonly Step[] {
  return readSteps(options(given), surroundings)
}

export function stepOf<K extends Step['kind']>(kind: K, given: Parameters<typeof options>[0]) {
  return stepsOf(given).find((step): step is Extract<Step, {kind: K}> => step.kind === kind)
}

const nullDevice = {path: '/dev/null', access: 'read-write'} as const

/** What every command line asks for, with nothing at 0 to 2. */
const usualSteps: readonly Step[] = [
  {kind: 'sigdefault', signals: [13, 25]},
  {kind: 'descriptors', placements: [0, 1, 2].map(to => ({to, from: nullDevice}))},
  {kind: 'sigmask', signals: []},
]

/** Of a script in the caller's memory, where nothing is special. */
export function situation(differences: Partial<Situation> = {}): Situation {
  return {
    place: 'caller',
    sentFds: [],
    fdFloor: 3,
    openFds: undefined,
    takesFlags: false,
    joins: false,
    endsWithCaller: false,
    openInit: () => 99,
    letsGo: false,
    hasDeadline: false,
    processes: 1,
    cgroup: {cgroupFd: -1, cgroupStep: 0},
    cloneFlags: 0,
    ...differences,
  }
}

export interface PlanPieces {
  readonly args?: readonly Text[]
  readonly argv0?: Text
  readonly env?: readonly Text[]
  /** On top of the usual ones; a kind given here replaces the usual step of that kind. */
  readonly steps?: readonly Step[]
}

export function planFor(
  file: Text,
  {args = [], argv0 = file, env = ['PATH=/bin:/usr/bin'], steps = []}: PlanPieces = {},
): Plan {
  const usual = usualSteps.filter(({kind}) => !steps.some(step => step.kind === kind))
  return makePlan({file, argv: [argv0, ...args], env, steps: [...usual, ...steps]})
}
