import {type ChildProcess, spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {has} from '../../helpers/needs.js'
import {cli, node, runCli, runShell} from '../../helpers/run-cli.js'

const script = `import threading, sys
threading.Thread(target=sys.stdin.read).start(); print('ready', flush=True)`

let cache: string
let watched: ChildProcess
const file = () => join(cache, 'spawnctl/calibration.json')
const stored = () => JSON.parse(readFileSync(file(), 'utf8'))

function look(...words: string[]) {
  return runCli(['recommend', '--pid', String(watched.pid), ...words], {env: {XDG_CACHE_HOME: cache}})
}

beforeAll(async () => {
  cache = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
  watched = spawn('python3', ['-c', script], {stdio: ['pipe', 'pipe', 'inherit']})
  await new Promise(resolve => watched.stdout?.once('data', resolve))
})
afterAll(() => {
  watched.stdin?.end()
  rmSync(cache, {recursive: true})
})

describe('recommend --pid', () => {
  it('answers by what it sees, and tells it', async () => {
    const {stdout, status} = await look('--no-simple-housekeeping', '--foolproof', '--json')
    const {method, path, process} = JSON.parse(stdout)
    expect(status).toBe(0)
    expect(process).toMatchObject({pid: watched.pid, name: 'python3', threads: 2})
    expect(Object.keys(process.callerBlockedNs)).toHaveLength(6)
    expect(path.find(({question}: {question: string}) => question === 'performance-critical').source).toBe('process')
    expect(path.map(({question}: {question: string}) => question)).toContain('single-threaded')
    expect(method).toBe('zygote')
  })

  it('measures this machine once, and then goes by that', async () => {
    const {machine, calibration} = stored()
    const known = {...calibration, smallNs: {...calibration.smallNs, fork: 5e9, clone: 7000}}
    writeFileSync(file(), JSON.stringify({machine, calibration: known}))
    const {stdout} = await look('--no-simple-housekeeping', '--no-posix', '--json')
    const {method, process} = JSON.parse(stdout)
    expect(process.callerBlockedNs.clone).toBe(7000)
    expect(process.callerBlockedNs.fork).toBeGreaterThanOrEqual(5e9)
    expect(method).toBe('clone')
  })

  it('lets a flag answer in its place', async () => {
    const {stdout} = await look('--no-simple-housekeeping', '--no-performance-critical', '--single-threaded', '--json')
    const {method, path} = JSON.parse(stdout)
    expect(method).toBe('fork')
    expect(path.map(({source}: {source: string}) => source)).toEqual(['flag', 'flag', 'flag'])
  })

  it.each([
    ['is not whole', '{'],
    ['is of another machine', JSON.stringify({machine: 'another', calibration: {}})],
    ['lacks a method', JSON.stringify({machine: '', calibration: {smallNs: {}}})],
  ])('measures anew when the file %s', async (_, text) => {
    writeFileSync(file(), text)
    expect(await look('--no-simple-housekeeping', '--no-posix', '--foolproof', '--json')).toMatchObject({status: 0})
    expect(stored().calibration.smallNs.fork).toBeGreaterThan(0)
  })

  it('shows a person the costs and where an answer comes from', async () => {
    const {stdout} = await look('--no-simple-housekeeping', '--no-posix', '--foolproof')
    expect(stdout).toMatch(/For how long a spawn would block its caller there\n( {2}[\w-]+ +[\d.]+ [µm]s\n){6}/)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      `mappings of process ${watched.pid} (python3) fork would block its caller`,
    )
  })

  it('shows what it saw also where the path ends at the first question', async () => {
    const {stdout} = await look()
    expect(stdout).toMatch(
      new RegExp(
        `^Process ${watched.pid} \\(python3\\)\\n  threads +2\\n  resident memory +\\d+ MiB\\n(.*\\n){4}\\nFor how`,
        'm',
      ),
    )
    expect(stdout).toContain('more than 1 ms of fork counts as performance critical')
    expect(JSON.parse((await look('--json')).stdout).process).toMatchObject({performanceCriticalAboveNs: 1_000_000})
  })

  it.each([
    ['4194303', 'there is no such process'],
    ['2147483648', '--pid wants a whole number'],
    ['node', '--pid wants a whole number'],
  ])('refuses %s', async (pid, words) => {
    const {status, stderr, stdout} = await runCli(['recommend', '--pid', pid, '--json'])
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(JSON.parse(stderr).error.message).toContain(words)
  })

  it.skipIf(!has.root)('tells root which capabilities are lacking # needs root', async () => {
    // Newer kernels let who has CAP_PERFMON look, too; CAP_SYS_ADMIN stands for it.
    const lacking = 'setpriv --bounding-set -sys_ptrace,-perfmon,-sys_admin "$1" "$2" recommend --pid "$3"'
    const {status, stderr} = await runShell(lacking, [node, cli, String(watched.pid)])
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /why: {2}it has capabilities that this process lacks \(.*sys_ptrace.*\): CAP_SYS_PTRACE is needed/,
    )
  })

  it.skipIf(!has.rootAndOpenTree)(
    'says whose a process is that may not be looked at # needs root, in an open tree',
    async () => {
      const asNobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups "$1" "$2" recommend --pid "$3"'
      const {status, stderr} = await runShell(asNobody, [node, cli, String(watched.pid)])
      expect(status).toBe(2)
      expect(stderr).toContain('its memory may not be looked at (EACCES)')
      expect(stderr).toContain(`ps -o user= -p ${watched.pid}`)
    },
  )
})
