import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {constants, tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {children} from '../../src/methods/children.js'
import type {PlannedCall} from '../../src/methods/dry-run.js'
import {type Method, methods} from '../../src/methods/method.js'
import {stepKinds} from '../../src/plan/housekeeping.js'
import {type Arch, syscallNumbers} from '../../src/plan/syscalls.js'
import {failCall, type Watched} from '../helpers/fail-call.js'
import {has} from '../helpers/needs.js'
import {runCli} from '../helpers/run-cli.js'

const {EPERM, EBADF} = constants.errno
const numbers = syscallNumbers[process.arch as Arch]
const program = ['--', '/bin/true']

const home = mkdtempSync(join(tmpdir(), 'spawnctl-faults-'))
afterAll(() => rmSync(home, {recursive: true, force: true}))
/** One instruction: allow. */
const filter = join(home, 'allow.bpf')
writeFileSync(filter, Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f))

/** Together every step that there is. */
const jobs: readonly string[] = [
  '--setsid --sigdefault INT --sigignore HUP --umask 027 --nice 3 --sched batch --ionice idle --cpus 0 --timer-slack 1ms',
  '--personality 3gb --rlimit core=0 --rlimit nofile=64:64 --pdeathsig TERM --no-new-privs --cwd /usr --pids-max 50',
  `--uid 61234 --gid 61234 --groups none --cap-drop net_raw --ambient-caps kill --keep-caps --securebits noroot --seccomp ${filter}`,
  '--oom-score-adj 300 --fd 7=/dev/null --sigmask TERM',
  '--setpgid',
  '--pty',
  '--unshare user,pid,mount,net,uts,ipc --map-root-user --hostname box --loopback --mount-proc --chroot / --init',
  `--join ${process.pid}:net`,
  '--setpgid --foreground',
  '--ptrace-stop',
]

interface Fault {
  readonly method: Method
  readonly words: readonly string[]
  readonly step: string
  readonly reason: string
  readonly syscall: string
  /** How many processes are made after the one that does it. */
  readonly after: number
  /** How many calls before the last one of that process, which is execve. */
  readonly before: number
}

const nameOf = ({call}: Pick<PlannedCall, 'call'>) => /^\w+/.exec(call)?.[0] as string

/** The first call of each step of a job. */
async function faultsOf(words: readonly string[], method: Method): Promise<readonly Fault[]> {
  const {status, stdout} = await runCli(['exec', '--dry-run', '--json', '-m', method, ...words, ...program])
  if (status !== 0) return [] // The method cannot do it: refusals.native.test.ts
  const calls: readonly PlannedCall[] = JSON.parse(stdout).calls
  const present = children.filter(name => calls.some(({by}) => by === name))
  return present.flatMap((name, i) => {
    const own = calls.filter(({by}) => by === name)
    const steps = new Set(own.map(({step}) => step).filter(step => step !== undefined))
    return [...steps].map((step): Fault => {
      const at = own.findIndex(call => call.step === step)
      const {reason, ...call} = own[at] as PlannedCall
      const [after, before] = [present.length - 1 - i, own.length - 1 - at]
      return {method, words, step, reason, syscall: nameOf(call), after, before}
    })
  })
}

/** What the processes of a job do in which nothing fails. */
const calm = new Map<string, Promise<Watched>>()

/** Which call of which process that is. */
async function locate({method, words, after, before}: Fault): Promise<{process: number; call: number}> {
  const key = [method, ...words].join(' ')
  const run = calm.get(key) ?? failCall(['exec', '-m', method, ...words, ...program])
  calm.set(key, run)
  const {status, stderr, calls} = await run
  const last = calls.at(-1) ?? []
  // Without a terminal, and under a tracer, these fail by themselves, at their first call.
  const failing = words.includes('--foreground') ? numbers.openat : words.includes('--ptrace-stop') && numbers.ptrace
  if (failing) return {process: calls.length, call: last.lastIndexOf(failing) + 1}
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  const process = calls.length - after
  return {process, call: (calls[process - 1] as readonly number[]).length - before}
}

const able = methods.filter(method => method !== 'posix_spawn')
const faults = (await Promise.all(jobs.flatMap(job => able.map(method => faultsOf(job.split(' '), method))))).flat()
/** Each step of each process once. */
const table = [
  ...new Map(faults.reverse().map(fault => [`${fault.method} ${fault.step} ${fault.after}`, fault])).values(),
]

describe.skipIf(!has.root || !has.unshare)('a step that fails is named # needs root and namespaces', () => {
  it.concurrent.each(table)('$step by $method: $syscall', async fault => {
    const {method, words, reason, step, syscall} = fault
    const at = await locate(fault)
    const {status, stderr} = await failCall(['exec', '-m', method, ...words, ...program], {...at, errno: EPERM})
    // Numbers of descriptors that the caller opens are known only when it does.
    const named = step === 'descriptors' ? 'descriptors: [^"]*' : reason.replace(/[()]/g, '\\$&')
    expect(stderr).toMatch(
      new RegExp(`^spawnctl: housekeeping failed at "${named}": ${syscall}: operation not permitted \\(EPERM\\)\n`),
    )
    expect(stderr).toMatch(/^why: {2}\S.*\nnext: .*spawnctl doctor/m)
    expect(status).toBe(125)
  })

  it('whichever it is', () => {
    const missing = (method: Method) => {
      const tried = table.filter(fault => fault.method === method).map(({step}) => step)
      return stepKinds.map(({kind}) => kind).filter(kind => !tried.includes(kind))
    }
    expect(Object.fromEntries(able.map(method => [method, missing(method)]))).toEqual({
      fork: [],
      vfork: [],
      clone: [],
      'clone-vm': ['oom_score_adj'],
      zygote: [],
    })
  })
})

const spoken: readonly [call: 'setsid' | 'chdir' | 'dup2', errno: number, message: RegExp][] = [
  ['setsid', EPERM, /^spawnctl: housekeeping or execve failed at one of "new session", "working directory \/usr", /],
  ['chdir', EPERM, /"working directory \/usr".*operation not permitted \(EPERM\)\nwhy: .*\nnext: --method vfork/],
  ['dup2', EBADF, /^spawnctl: housekeeping failed at "descriptors: .*bad file descriptor \(EBADF\)/],
]

describe.skipIf(process.arch !== 'x64')('what posix_spawn does not tell is not guessed # needs x86-64', () => {
  it.each(spoken)('%s fails with %i', async (name, errno, message) => {
    const words = ['exec', '-m', 'posix_spawn', '--setsid', '--cwd', '/usr', '--fd', '7=/dev/null', ...program]
    const number = name === 'dup2' ? 33 : numbers[name]
    const {calls} = await failCall(words)
    const call = (calls[0]?.indexOf(number) as number) + 1
    expect(call).toBeGreaterThan(0)
    const {status, stderr} = await failCall(words, {process: 1, call, errno})
    expect(stderr).toMatch(message)
    expect(status).toBe(125)
  })
})
