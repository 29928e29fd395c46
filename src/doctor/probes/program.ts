import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {zygoteExecutable} from '../../native/binding.js'
import {type PosixSpawnFeatures, posixSpawnFeatures} from '../../native/core.js'
import {glibcVersion} from '../../native/probe.js'
import {mountProc} from '../../plan/proc.js'
import {type Outcome, wanting, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'
import {hasProc} from '../proc.js'

const patienceMs = 5000

function probeCore(): Outcome {
  try {
    posixSpawnFeatures()
  } catch (error) {
    return {state: 'missing', evidence: (error as Error).message}
  }
  return works(`loaded, beside ${zygoteExecutable()}`)
}

function probeCompiler(): Outcome {
  const candidates = process.env.CC === undefined ? ['cc', 'gcc', 'clang'] : [process.env.CC]
  for (const name of candidates) {
    const {status, stdout, error} = spawnSync(name, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: patienceMs,
    })
    const code = (error as NodeJS.ErrnoException | undefined)?.code
    const want = code && wanting(`${name} cannot be tried (${code})`, code)
    if (want) return want
    if (status === 0) return works(stdout.split('\n')[0] as string, name)
  }
  return {state: 'missing', evidence: `none of ${candidates.join(', ')} runs`}
}

function probeLibc(): Outcome {
  const version = glibcVersion()
  if (version !== undefined) return works(`gnu_get_libc_version says ${version}`, `glibc ${version}`)
  const musl = ['x86_64', 'aarch64'].some(name => existsSync(`/lib/ld-musl-${name}.so.1`))
  return musl ? works('there is a musl loader in /lib', 'musl') : {state: 'unknown', evidence: 'neither glibc nor musl'}
}

/** Their steps read or write files of /proc, or exec does before them. */
const needProc = [
  ...['--map-root-user', '--map-current-user', '--map-users', '--map-groups', '--setgroups'],
  ...['--join', '--cap-drop', '--cap-add', '--ambient-caps', '--oom-score-adj'],
  ...['--cgroup', '--memory-max', '--pids-max', '--cpu-max', '--timeout', '--kill-tree'],
]

const features: readonly {
  feature: keyof PosixSpawnFeatures
  title: string
  function: string
  glibc: string
  options: readonly string[]
  text: string
}[] = [
  {
    feature: 'chdir',
    title: 'posix_spawn: working directory',
    function: 'posix_spawn_file_actions_addchdir_np',
    glibc: '2.29',
    options: ['--cwd'],
    text: 'cannot be said; every other method can',
  },
  {
    feature: 'closefrom',
    title: 'posix_spawn: closing the rest',
    function: 'posix_spawn_file_actions_addclosefrom_np',
    glibc: '2.34',
    options: none,
    text: 'open descriptors are listed before the child exists, and closed one by one',
  },
  {
    feature: 'tcsetpgrp',
    title: 'posix_spawn: foreground',
    function: 'posix_spawn_file_actions_addtcsetpgrp_np',
    glibc: '2.35',
    options: ['--foreground'],
    text: 'cannot be said; every other method can',
  },
  {
    feature: 'cgroup',
    title: 'posix_spawn: cgroup',
    function: 'posix_spawnattr_setcgroup_np',
    glibc: '2.39',
    options: none,
    text: 'nothing: --cgroup is for every other method, whatever libc has',
  },
  {
    feature: 'pidfd',
    title: 'posix_spawn: pidfd',
    function: 'pidfd_spawn',
    glibc: '2.39',
    options: none,
    text: 'nothing: the pidfd comes from pidfd_open, whatever libc has',
  },
  {
    feature: 'scheduling',
    title: 'posix_spawn: scheduling policy',
    function: 'posix_spawnattr_setschedpolicy that works',
    glibc: '2.2',
    options: ['--sched'],
    text: 'cannot be said; every other method can',
  },
]

function probeFeature(feature: keyof PosixSpawnFeatures, name: string, glibc: string): Outcome {
  if (posixSpawnFeatures()[feature]) return works(`libc has ${name}`)
  return {state: 'missing', evidence: `libc has no ${name}; glibc has it since ${glibc}`}
}

const probes: readonly Probe[] = [
  {
    id: 'native-core',
    title: 'the native core',
    essential: true,
    probe: probeCore,
    consequence: {methods: none, options: none, text: 'nothing can be spawned, and little can be probed'},
    advice: 'npm run build:native (it needs a C compiler)',
  },
  {
    id: 'compiler',
    title: 'a C compiler',
    probe: probeCompiler,
    consequence: {methods: none, options: none, text: 'the native core cannot be compiled anew'},
    advice: 'apt install build-essential, dnf install gcc, or apk add build-base',
  },
  {
    id: 'libc',
    title: 'libc',
    probe: probeLibc,
    consequence: {methods: none, options: none, text: 'what its posix_spawn can do is asked below all the same'},
    advice: 'ldd --version says which it is',
  },
  {
    id: 'proc',
    title: '/proc',
    probe: () =>
      hasProc() ? works('there is a /proc/self/status') : {state: 'missing', evidence: 'there is no /proc/self/status'},
    consequence: {
      methods: ['zygote'],
      options: needProc,
      text: 'cannot be used; nor can recommend --pid look at anything',
    },
    advice: mountProc,
  },
  ...features.map(
    ({feature, title, function: name, glibc, options, text}): Probe => ({
      id: `posix-spawn-${feature}`,
      title,
      probe: () => probeFeature(feature, name, glibc),
      consequence: {methods: ['posix_spawn'], options, text},
      advice: `glibc ${glibc} or later has it`,
    }),
  ),
]

export const program: ProbeGroup = {id: 'program', title: 'spawnctl and libc', probes}
