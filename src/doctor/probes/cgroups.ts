import {rmdirSync} from 'node:fs'
import {ownCgroups} from '../../methods/cgroup-tree.js'
import {type Call, tried} from '../attempt.js'
import {read} from '../machine.js'
import {type Outcome, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'

const AT_FDCWD = -100
const O_WRONLY = 1

const noCgroup: Outcome = {state: 'missing', evidence: 'no cgroup2 file system is mounted'}

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
  if (cgroup === undefined) return noCgroup
  const controllers = read(`${cgroup}/cgroup.controllers`)
  if (controllers === undefined) return {state: 'missing', evidence: `${cgroup} is ours by name, and not there`}
  return works(`ours is ${cgroup}`, cgroup)
}

function probeDelegation(): Outcome {
  const cgroup = ownCgroups()[0]
  if (cgroup === undefined) return noCgroup
  return inCgroupOfItsOwn(cgroup, directory => [...entering(directory), ...entering(cgroup)])
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
  const outcome = inCgroupOfItsOwn(cgroup, directory => [...entering(directory), ...entering(cgroup)])
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

const controllers = [
  {name: 'memory', option: '--memory-max'},
  {name: 'pids', option: '--pids-max'},
  {name: 'cpu', option: '--cpu-max'},
]

const probes: readonly Probe[] = [
  {
    id: 'cgroup2',
    title: 'cgroup v2',
    probe: probeMounted,
    consequence: {
      methods: none,
      options: ['--cgroup', '--memory-max', '--pids-max', '--cpu-max'],
      text: 'there is no cgroup to put a program into',
    },
    advice: 'boot with systemd.unified_cgroup_hierarchy=1, or mount -t cgroup2 none /sys/fs/cgroup',
  },
  {
    id: 'cgroup-delegation',
    title: 'a cgroup below ours',
    probe: probeDelegation,
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
    probe: probeKill,
    consequence: {methods: none, options: ['--kill-tree'], text: 'ends one by one what it finds'},
    advice: ({state}) => (state === 'missing' ? 'Linux 5.14 or later has it' : delegate),
  },
  ...controllers.map(
    ({name, option}): Probe => ({
      id: `cgroup-${name}`,
      title: `cgroup controller: ${name}`,
      probe: () => probeController(name),
      consequence: {methods: none, options: [option], text: 'the limit cannot be set'},
      advice: ({state}) =>
        state === 'missing' ? 'enable it further up, in cgroup.subtree_control of the groups above' : delegate,
    }),
  ),
]

export const cgroups: ProbeGroup = {id: 'cgroups', title: 'Control groups', probes}
