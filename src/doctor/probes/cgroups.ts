import {rmdirSync} from 'node:fs'
import {ownCgroups} from '../../methods/cgroup-tree.js'
import {AT_FDCWD} from '../../plan/fcntl.js'
import {type Call, tried} from '../attempt.js'
import {read} from '../machine.js'
import {type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'
import {fromProc} from '../proc.js'

const O_WRONLY = 1

const noCgroup = {state: 'missing', evidence: 'no cgroup2 file system is mounted'} as const

const controllers = [
  {name: 'memory', option: '--memory-max'},
  {name: 'pids', option: '--pids-max'},
  {name: 'cpu', option: '--cpu-max'},
]

/** Our own groups in the hierarchies of version 1 that limits are set in. */
function legacyCgroups(): readonly string[] {
  return controllers.flatMap(({name}) => ownCgroups(name).slice(0, 1))
}

function entering(directory: string): readonly Call[] {
  const procs = {slot: 0}
  return [
    {
      name: 'openat',
      args: [AT_FDCWD, `${directory}/cgroup.procs`, O_WRONLY],
      shown: `open ${directory}/cgroup.procs`,
      save: procs,
    },
    {name: 'write', args: [procs, '0', 1], shown: `write to ${directory}/cgroup.procs`},
  ]
}

/**
 * Makes a cgroup below our own, with a child that does these calls in it, and removes it. The directory is there for an
 * instant only, with nobody in it but that child.
 */
function inCgroupOfItsOwn(cgroup: string, calls: (directory: string) => readonly Call[]): Outcome {
  const directory = `${cgroup}/spawnctl-doctor-${process.pid}`
  try {
    return tried({
      calls: [{name: 'mkdirat', args: [AT_FDCWD, directory, 0o755], shown: `mkdir ${directory}`}, ...calls(directory)],
    })
  } finally {
    try {
      rmdirSync(directory)
    } catch {
      // It was not made.
    }
  }
}

function probeMounted(): Outcome {
  const cgroup = ownCgroups()[0]
  if (cgroup === undefined) {
    const names = controllers.map(({name}) => name).filter(name => ownCgroups(name).length > 0)
    const evidence = `${noCgroup.evidence}; version 1 has ${names.join(', ')}`
    return names.length > 0 ? {...noCgroup, evidence} : noCgroup
  }
  const given = read(`${cgroup}/cgroup.controllers`)
  if (given === undefined) return {state: 'missing', evidence: `${cgroup} is ours by name, and not there`}
  return works(`ours is ${cgroup}`, cgroup)
}

function triedBelow(cgroup: string): Outcome {
  return inCgroupOfItsOwn(cgroup, directory => [...entering(directory), ...entering(cgroup)])
}

function probeDelegation(): Outcome {
  const unified = ownCgroups()[0]
  if (unified !== undefined) return triedBelow(unified)
  const outcomes = legacyCgroups().map(triedBelow)
  const found = outcomes.find(({state}) => state !== 'works') ?? outcomes[0] ?? noCgroup
  return found.state === 'works' ? works(found.evidence, 'version 1') : found
}

function probeKill(): Outcome {
  const cgroup = ownCgroups()[0]
  if (cgroup === undefined) return noCgroup
  const outcome = inCgroupOfItsOwn(cgroup, directory => {
    const file = `${directory}/cgroup.kill`
    return [{name: 'openat', args: [AT_FDCWD, file, O_WRONLY], shown: `open ${file}`}]
  })
  return outcome.state === 'unknown' && outcome.errno === 'ENOENT' ? {...outcome, state: 'missing'} : outcome
}

/** Version 1 hands nothing down: who may make a group in its hierarchy may limit it. */
function probeLegacy(name: string): Outcome | undefined {
  const cgroup = ownCgroups(name)[0]
  if (cgroup === undefined) return undefined
  const outcome = triedBelow(cgroup)
  return outcome.state === 'works' ? works(`${outcome.evidence}, below ${cgroup}`, 'version 1') : outcome
}

/** A cgroup below ours has a controller if ours hands it down; the root alone may begin to at any time. */
function probeController(name: string): Outcome {
  const legacy = probeLegacy(name)
  if (legacy !== undefined) return legacy
  const cgroup = ownCgroups()[0]
  if (cgroup === undefined) return noCgroup
  const listed = (file: string) => (read(`${cgroup}/${file}`) ?? '').split(' ').includes(name)
  if (listed('cgroup.subtree_control')) return works(`in cgroup.subtree_control of ${cgroup}`)
  if (!listed('cgroup.controllers')) return {state: 'missing', evidence: `not in cgroup.controllers of ${cgroup}`}
  const isRoot = read(`${cgroup}/cgroup.type`) === undefined
  if (isRoot && process.geteuid?.() === 0) return works(`can be handed down by ${cgroup}, the root`)
  return {
    state: 'refused',
    evidence: `not in cgroup.subtree_control of ${cgroup}, and a cgroup with processes in it cannot begin to hand it down`,
  }
}

const delegate = 'systemd-run --user --scope -p Delegate=yes spawnctl … starts it in a cgroup that is its own'

const unifiedAtBoot = 'boot with systemd.unified_cgroup_hierarchy=1'

const probes: readonly Probe[] = [
  {
    id: 'cgroup2',
    title: 'cgroup v2',
    probe: fromProc(probeMounted),
    consequence: {
      methods: ['clone', 'clone-vm'],
      options: ['--kill-tree'],
      text: 'a program enters a cgroup of version 1, where there is one, after its creation; --kill-tree ends one by one what it finds',
    },
    advice: () =>
      legacyCgroups().length > 0
        ? `${unifiedAtBoot}; version 1 limits as well`
        : `${unifiedAtBoot}, or mount -t cgroup2 none /sys/fs/cgroup`,
  },
  {
    id: 'cgroup-delegation',
    title: 'a cgroup below ours',
    probe: fromProc(probeDelegation),
    consequence: {
      methods: none,
      options: ['--cgroup', '--memory-max', '--pids-max', '--cpu-max', '--kill-tree'],
      text: 'no cgroup can be made below ours; --kill-tree ends one by one what it finds',
    },
    advice: delegate,
  },
  {
    id: 'cgroup-kill',
    title: 'cgroup.kill',
    probe: fromProc(probeKill),
    consequence: {methods: none, options: ['--kill-tree'], text: 'ends one by one what it finds'},
    advice: ({state}) => {
      if (ownCgroups().length === 0) return unifiedAtBoot
      return state === 'missing' ? 'Linux 5.14 or later has it' : delegate
    },
  },
  ...controllers.map(
    ({name, option}): Probe => ({
      id: `cgroup-${name}`,
      title: `cgroup controller: ${name}`,
      probe: fromProc(() => probeController(name)),
      consequence: {methods: none, options: [option], text: 'the limit cannot be set'},
      advice: ({state}) =>
        state === 'missing' ? 'enable it further up, in cgroup.subtree_control of the groups above' : delegate,
    }),
  ),
]

export const cgroups: ProbeGroup = {id: 'cgroups', title: 'Control groups', probes}
