import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'
import {type Method, methods} from '../../src/methods/method.js'
import {has} from '../helpers/needs.js'
import {creationsOf, seenAs} from '../helpers/runner-check.js'
import {type TracedCall, trace} from '../helpers/strace.js'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const spawns = 5

/** Prints what the runner said of each method, after it has spawned that often. */
const driver = `
  import {openNativeRunner} from '${dist}/bench/native-runner.js'
  const runner = await openNativeRunner({path: '/bin/echo', args: [], env: {}}, ${JSON.stringify(methods)})
  const said = {}
  for (const method of ${JSON.stringify(methods)}) said[method] = (await runner.run(method, ${spawns})).systemCall
  console.log(JSON.stringify(said))
  await runner.close()`

let traced: {said: Record<Method, string>; calls: readonly TracedCall[]} | undefined

function traceRunner() {
  if (traced !== undefined) return traced
  const {stdout, status, calls} = trace([process.execPath, '--input-type=module', '-e', driver], '', 'all')
  expect(status).toBe(0)
  traced = {said: JSON.parse(stdout), calls}
  return traced
}

/** The runner's own calls while it answers "run METHOD": between the command's arrival and its answer. */
function callsOf(method: Method): readonly TracedCall[] {
  const {calls} = traceRunner()
  const [{pid} = {pid: 0}] = calls.filter(({name, args}) => name === 'execve' && args.includes('spawnctl-bench"'))
  const own = calls.filter(call => call.pid === pid)
  const start = own.findIndex(({name, args}) => name === 'read' && args.includes(`"run ${method} ${spawns}`))
  const end = own.findIndex(({name}, i) => i > start && name === 'write')
  expect(start).toBeGreaterThan(0)
  expect(end).toBeGreaterThan(start)
  return own.slice(start + 1, end)
}

/** What one spawn and one wait may consist of. */
const preparing = ['mmap', 'munmap', 'pipe2', 'fcntl', 'rt_sigprocmask', 'close', 'pidfd_open', 'wait4']
const ofMethod: Readonly<Record<Method, readonly string[]>> = {
  fork: ['fork', 'clone', 'clone3', 'read'],
  vfork: ['vfork', 'clone', 'clone3'],
  posix_spawn: ['clone', 'clone3', 'eventfd2', 'prlimit64', 'getrlimit', 'brk'],
  clone: ['clone', 'clone3', 'mprotect'],
  'clone-vm': ['clone', 'clone3', 'mprotect', 'read'],
  zygote: ['memfd_create', 'ftruncate', 'sendmsg', 'recvmsg', 'recvfrom', 'read'],
}

describe.skipIf(!has.strace)('the native runner # needs strace', () => {
  it.each(methods)('makes no calls between two samples of %s but those of spawning and waiting', method => {
    const calls = callsOf(method)
    const [samples, ...rest] = calls.map(({name}) => name)
    expect(samples, 'room for the samples').toBe('mmap')
    expect(rest.filter(name => ![...preparing, ...ofMethod[method]].includes(name))).toEqual([])
    expect(rest.filter(name => name === 'wait4')).toHaveLength(spawns)
  })

  it.each(methods)('makes the same calls for each sample of %s', method => {
    const names = callsOf(method).map(({name}) => name)
    const body = names.slice(1, -1)
    expect(names.at(-1), 'room for the samples').toBe('munmap')
    expect(body.length % spawns).toBe(0)
    const one = body.slice(0, body.length / spawns)
    expect(body).toEqual(Array.from({length: spawns}, () => one).flat())
  })

  it.each(methods.filter(method => method !== 'zygote'))('creates the children of %s by what it says', method => {
    const {said, calls} = traceRunner()
    const seen = creationsOf(calls, '/bin/echo').slice(methods.indexOf(method) * spawns)
    const [call] = said[method].split(' ')
    const {sharesMemory, callerSleeps, name} = seenAs[method]!
    for (const creation of seen.slice(0, spawns)) {
      expect(creation).toMatchObject({sharesMemory, callerSleeps})
      expect(creation.name).toMatch(name)
      if (call!.startsWith('clone')) expect(creation.name).toBe(call)
    }
  })

  it('has the zygote create its children', () => {
    const {said, calls} = traceRunner()
    const zygote = calls.find(({name, args}) => name === 'execve' && args.includes('spawnctl-zygote"'))?.pid
    const makers = calls.filter(({name, args}) => name === 'clone' && args.includes('CLONE_PARENT'))
    expect(said.zygote).toBe('clone (in the zygote)')
    expect(makers.map(({pid}) => pid)).toEqual(Array.from({length: spawns}, () => zygote))
  })
})
