import {execFileSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {attempt, tried} from '../../dist/doctor/attempt.js'
import {examine} from '../../dist/doctor/examine.js'
import {ownCgroups} from '../../dist/methods/cgroup-tree.js'
import {node, processesWith, runProgram} from '../helpers/run-cli.js'

const AT_FDCWD = -100
const SIGKILL = 9
const pid = {slot: 0}
const pidfd = {slot: 1}
const opening = [
  {name: 'getpid', args: [], save: pid},
  {name: 'pidfd_open', args: [pid, 0], save: pidfd},
] as const

/** An attempt that opens a FIFO which nobody writes to. */
const hanging = `
const [module, path, by, flags] = process.argv.slice(1)
const {attempt} = await import(module)
const creation = {by, ...(flags && {flags: BigInt(flags)})}
const calls = [{name: 'openat', args: [${AT_FDCWD}, path, 0]}]
process.exit(attempt({calls, creation, timeoutMs: 100}).result.end === 'hung' ? 0 : 1)`

describe('an attempt', () => {
  const directory = mkdtempSync(join(tmpdir(), 'spawnctl-attempt-'))
  const fifo = join(directory, 'fifo')
  beforeAll(() => {
    execFileSync('mkfifo', [fifo])
  })
  afterAll(() => rmSync(directory, {recursive: true}))

  it('works when every call does', () => {
    expect(tried({calls: opening})).toEqual({state: 'works', evidence: 'tried in a child of its own'})
  })

  it('names the call that failed', () => {
    const calls = [...opening, {name: 'openat', args: [AT_FDCWD, '/nowhere', 0]}] as const
    expect(tried({calls})).toEqual({
      state: 'unknown',
      errno: 'ENOENT',
      evidence: 'openat: no such file or directory (ENOENT)',
    })
  })

  it('that kills itself is an outcome', () => {
    const calls = [...opening, {name: 'pidfd_send_signal', args: [pidfd, SIGKILL, 0, 0]}] as const
    expect(tried({calls})).toEqual({state: 'unknown', evidence: 'the child that tried it was killed by SIGKILL'})
  })

  it('that hangs is an outcome', () => {
    const calls = [{name: 'openat', args: [AT_FDCWD, fifo, 0]}] as const
    expect(tried({calls, timeoutMs: 100})).toEqual({
      state: 'unknown',
      evidence: 'the child that tried it gave no answer within 100 ms',
    })
  })

  it.each([
    ['fork', undefined],
    ['vfork', undefined],
    ['clone3', 0],
    ['clone3', 0x4100],
    ['clone', 0x4111],
  ])('that hangs leaves nobody behind, by %s with flags %s', async (by, flags) => {
    const mark = `SPAWNCTL_HANGS=${by}-${flags}-${process.pid}`
    const [name, value] = mark.split('=') as [string, string]
    const module = new URL('../../dist/doctor/attempt.js', import.meta.url).href
    const words = ['--input-type=module', '-e', hanging, module, fifo, by, String(flags ?? '')]
    try {
      const {status} = await runProgram(node, words, {env: {[name]: value}, stdio: 'ignore'})
      expect(status).toBe(0)
      await expect.poll(() => processesWith(mark)).toEqual([])
    } finally {
      for (const pid of processesWith(mark)) process.kill(pid, 'SIGKILL')
    }
  })

  it.each([
    ['vfork', undefined, true],
    ['clone3', 0x4100n, true],
    ['clone3', 0n, false],
    ['clone', 0x4111n, true],
    ['clone', 0x11n, false],
  ] as const)('by %s with flags %s tells whether memory is shared: %s', (by, flags, shares) => {
    const {outcome, result} = attempt({creation: {by, ...(flags !== undefined && {flags})}})
    expect(outcome.state).toBe('works')
    expect(result.sharesMemory).toBe(shares)
  })

  it('says so when the kernel does not know a flag', () => {
    const outcome = tried({creation: {by: 'clone3', flags: 1n << 63n}, shown: 'clone3(nonsense)', since: '9.9'})
    expect(outcome).toEqual({
      state: 'missing',
      errno: 'EINVAL',
      evidence: 'clone3(nonsense): invalid argument (EINVAL); Linux has it since 9.9',
    })
  })
})

/** Lines of /proc/self/status that measure instead of tell a state. */
const measures = /^(Vm|Rss|voluntary|nonvoluntary|Threads|HugetlbPages|SigQ)/

function ownState() {
  const children = readdirSync('/proc/self/task').flatMap(task =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '),
  )
  return {
    status: readFileSync('/proc/self/status', 'utf8')
      .split('\n')
      .filter(line => !measures.test(line)),
    namespaces: readdirSync('/proc/self/ns').map(name => readlinkSync(`/proc/self/ns/${name}`)),
    limits: readFileSync('/proc/self/limits', 'utf8'),
    descriptors: readdirSync('/proc/self/fd').length,
    cgroup: readFileSync('/proc/self/cgroup', 'utf8'),
    cgroupsBelow: ownCgroups()
      .slice(0, 1)
      .flatMap(directory => readdirSync(directory)),
    oomScoreAdj: readFileSync('/proc/self/oom_score_adj', 'utf8'),
    stat: readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ').slice(1, 6),
    nice: readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ').slice(15, 17),
    root: readlinkSync('/proc/self/root'),
    cwd: process.cwd(),
    children,
  }
}

describe('an examination', () => {
  it('leaves this process as it is, and no child behind', () => {
    examine() // what is loaded and cached once
    const before = ownState()
    const {findings} = examine()
    expect(ownState()).toEqual(before)
    expect(findings.length).toBeGreaterThan(50)
  })
})
