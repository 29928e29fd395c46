import {closeSync, openSync} from 'node:fs'
import {SpawnctlError} from '../errors.js'
import {diagnose, preparing} from '../methods/diagnosis/diagnose.js'
import {describeErrno} from '../methods/diagnosis/errno.js'
import {type Method, methodTraits} from '../methods/method.js'
import {openCaller, zygotePlan} from '../methods/zygote.js'
import {benchExecutable} from '../native/binding.js'
import {hasCloseRange, posixSpawnFeatures, readSpawnResult} from '../native/core.js'
import {type LoweredPlan, type Lowering, lower} from '../plan/lower.js'
import {makePlan, type Plan} from '../plan/plan.js'
import {signalList} from '../plan/signals.js'
import type {Arch} from '../plan/syscalls.js'
import {ProcessRunner} from './process-runner.js'
import type {BenchProgram} from './program.js'

/** The runner's descriptors; src/native/bench.h. */
const nullFd = 3
const cwdFd = 4
const zygoteFd = 5
const zygoteTheirsFd = 6
const zygoteProgram = 'zygote-program'

/** As every runner has it: nothing to read, nowhere to write, errors to the terminal. */
function planOf({path, args, env}: BenchProgram): Plan {
  return makePlan({
    file: path,
    argv: [path, ...args],
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    steps: [
      {kind: 'sigdefault', signals: signalList('PIPE,XFSZ')},
      {
        kind: 'descriptors',
        placements: [
          {to: 0, from: nullFd},
          {to: 1, from: nullFd},
          {to: 2, from: 2},
        ],
      },
    ],
  })
}

/** Lowered here for the runner, which is another process: its descriptors are the ones that count. */
function loweringFor(method: Method, umask: number): Lowering {
  const common = {methodNumber: methodTraits[method].number, arch: process.arch as Arch}
  const openFds = [nullFd, cwdFd, zygoteFd]
  if (method === 'posix_spawn')
    return {...common, form: 'posix_spawn', openFds: posixSpawnFeatures().closefrom ? undefined : openFds}
  if (method !== 'zygote') return {...common, form: 'script', openFds: hasCloseRange() ? undefined : openFds}
  return {...common, form: 'zygote', openFds: undefined, zygoteSocket: zygoteFd, caller: {cwdFd, umask}}
}

/** What a spawn that failed means, told as for `exec`. */
function explainSpawn(plan: Plan, images: ReadonlyMap<string, LoweredPlan>, row: string, bytes: Buffer): SpawnctlError {
  const result = readSpawnResult(new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
  return diagnose(row as Method, plan, images.get(row) as LoweredPlan, result)
}

/** What sets the limit that a call of the runner's own may meet. */
const limits: Readonly<Record<string, string>> = {
  mmap: 'that is more memory than this machine, or a process here, may have',
  mprotect: 'vm.max_map_count limits how many mappings a process may have (sysctl vm.max_map_count)',
  pthread_create: 'RLIMIT_NPROC (ulimit -u), pids.max of the control group, or memory for the stacks',
}

function explainCall(call: string, errno: number): SpawnctlError {
  const {name, text} = describeErrno(errno)
  const why = limits[call]
  return new SpawnctlError('E_BENCH_RUNNER', `the native runner fails at ${call}: ${text} (${name})`, {
    ...(why !== undefined && {why}),
  })
}

/**
 * Starts the process that measures these methods. With the zygote among them, the zygote is started by it, before there
 * is any ballast.
 * @throws {SpawnctlError}
 */
export async function openNativeRunner(program: BenchProgram, methods: readonly Method[]): Promise<ProcessRunner> {
  const plan = planOf(program)
  const caller = preparing('zygote', openCaller)
  const nothing = preparing('zygote', () => openSync('/dev/null', 'r+'))
  try {
    const images = new Map<string, LoweredPlan>(
      methods.map(method => [method, lower(plan, loweringFor(method, caller.umask))]),
    )
    if (methods.includes('zygote'))
      images.set(zygoteProgram, lower(zygotePlan(zygoteTheirsFd, [], nullFd), loweringFor('clone', caller.umask)))
    return await ProcessRunner.start({
      name: 'the native runner',
      rows: methods,
      program: program.path,
      file: benchExecutable(),
      args: [...images.keys()],
      env: program.env,
      descriptors: [nothing, caller.cwdFd, Buffer.concat([...images.values()].map(({image}) => image))],
      explain(row, words) {
        const [, hex] = /^spawn ([0-9a-f]+)$/.exec(words) ?? []
        if (hex !== undefined) return explainSpawn(plan, images, row ?? zygoteProgram, Buffer.from(hex, 'hex'))
        const [, call, errno] = /^call (\S+) (\d+)$/.exec(words) ?? []
        return call === undefined ? undefined : explainCall(call, Number(errno))
      },
    })
  } finally {
    closeSync(nothing)
    caller.close()
  }
}
