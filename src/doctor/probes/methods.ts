import {spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {type Method, methods} from '../../methods/method.js'
import {runPlan} from '../../methods/spawn.js'
import {makePlan} from '../../plan/plan.js'
import {type Outcome, wanting, works} from '../outcome.js'
import {none, type Probe, type ProbeGroup} from '../probe.js'
import {tightLimit} from './limits.js'

const cli = fileURLToPath(new URL('../../../bin/spawnctl.cjs', import.meta.url))
/** Longer than the start of Node takes, unless it waits for threads that it does not get. */
const patienceMs = 5000

/** What `auto` has in the end: it can carry every plan, and stands in for posix_spawn. */
const last: Method = 'clone'

/** The documented report of `exec --json` (docs/exec.md), as far as it is asked for here. */
interface Report {
  readonly syscall?: string
  readonly error?: {message: string; why?: string; next?: string; failure?: {errno?: string}}
}

/** The report is the last line; what comes before it is Node's own. */
function reportIn(stderr: string): Report | undefined {
  try {
    return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')
  } catch {
    return undefined
  }
}

function ran(syscall: string): Outcome {
  return works(`true ran, created by ${syscall}`, `by ${syscall}`)
}

/** What is wanting was seen by who met it: for others there may be enough again. */
function failed({message, why, next, failure}: NonNullable<Report['error']>): Outcome {
  const errno = failure?.errno
  if (errno === undefined) return {state: 'refused', evidence: message}
  const want = wanting(message, errno)
  if (want === undefined) return {state: 'refused', evidence: message, errno}
  return {...want, ...(why !== undefined && {evidence: `${message}: ${why}`}), ...(next !== undefined && {next})}
}

let isMute: boolean | undefined

/**
 * Whether a second Node starts at all: where it gets some of its threads and not all (RLIMIT_NPROC, pids.max) it waits
 * for ever. Asked once, and only after something has given no answer.
 */
function isNodeMute(): boolean {
  isMute ??=
    spawnSync(process.execPath, ['-e', ''], {stdio: 'ignore', timeout: patienceMs, killSignal: 'SIGKILL'}).signal ===
    'SIGKILL'
  return isMute
}

const muteNode = `Node does not start a second time: no answer within ${patienceMs} ms`

function unanswered(): Outcome {
  if (isNodeMute()) {
    const {evidence, next} = tightLimit() ?? {evidence: 'for want of threads', next: 'see the limits below'}
    return {state: 'unknown', errno: 'EAGAIN', evidence: `${muteNode}: ${evidence}`, next}
  }
  return {state: 'unknown', evidence: `spawnctl gave no answer within ${patienceMs} ms`}
}

/** Where Node does not start a second time (clone3 answers EPERM, and libc then creates no thread), this one has to do. */
function tryHere(method: Method): Outcome {
  try {
    const path = `PATH=${process.env.PATH ?? '/bin:/usr/bin'}`
    return ran(runPlan(makePlan({file: 'true', argv: ['true'], env: [path], steps: []}), method).syscall)
  } catch (error) {
    return failed(error as Error)
  }
}

/** A spawnctl of its own runs `true`: whatever may happen to it does not happen to this process. */
function probeMethod(method: Method): Outcome {
  if (isMute) return unanswered()
  const {signal, stderr} = spawnSync(process.execPath, [cli, 'exec', '--method', method, '--json', 'true'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  })
  if (signal === 'SIGSYS')
    return {state: 'refused', evidence: 'spawnctl was killed by SIGSYS: a seccomp filter kills who asks'}
  if (signal === 'SIGKILL') return unanswered()
  const report = reportIn(stderr ?? '')
  if (report?.syscall !== undefined) return ran(report.syscall)
  if (report?.error !== undefined) return failed(report.error)
  return tryHere(method)
}

const withoutIt: Readonly<Partial<Record<Method, string>>> = {
  posix_spawn: 'cannot be used; where auto would, it uses clone',
  clone: 'cannot be used, and auto may need it',
}

const probes = methods.map(
  (method): Probe => ({
    id: `method-${method}`,
    title: `--method ${method}`,
    ...(method === last && {essential: true}),
    probe: () => probeMethod(method),
    consequence: {methods: [method], options: none, text: withoutIt[method] ?? 'cannot be used'},
    advice: `spawnctl exec --method ${method} true says more; what follows here tells what it lacks`,
  }),
)

export const methodProbes: ProbeGroup = {id: 'methods', title: 'Methods', probes}
