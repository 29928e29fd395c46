import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {setTimeout as pause} from 'node:timers/promises'
import {afterEach, describe, expect, it} from 'vitest'
import {ProcessRunner, type RunnerProgram} from '../../src/bench/process-runner.js'
import {SpawnctlError} from '../../src/errors.js'
import {noBallast} from '../helpers/fake-runner.js'
import {openDirectory} from '../helpers/observe.js'

const pollMs = 20
const patienceMs = 10_000
const opened: ProcessRunner[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map(runner => runner.close()))
})

/** A runner that is a shell script. */
async function start(script: string, more: Partial<RunnerProgram> = {}): Promise<ProcessRunner> {
  const program = {name: 'the fake', rows: ['fork'], program: '/bin/echo', file: '/bin/sh', args: ['-c', script]}
  const runner = await ProcessRunner.start({...program, env: {PATH: '/usr/bin:/bin'}, ...more})
  opened.push(runner)
  return runner
}

async function errorOf(promise: Promise<unknown>): Promise<{message: string; why: string | undefined}> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(SpawnctlError)
  const {message, why} = error as SpawnctlError
  return {message, why}
}

/** Processes of this group or session that are not dead. */
function alive(session: number): string[] {
  const {stdout} = spawnSync('ps', ['-eo', 'pid=,sid=,stat='], {encoding: 'utf8'})
  return stdout
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, sid, stat]) => Number(sid) === session && !stat?.startsWith('Z'))
    .map(([pid]) => pid as string)
}

async function untilNobodyIs(session: number): Promise<void> {
  for (const end = Date.now() + patienceMs; alive(session).length > 0 && Date.now() < end; ) await pause(pollMs)
  expect(alive(session)).toEqual([])
}

const died = 'something outside ended it, as the kernel does when memory runs out'
const ended = 'it did so by itself; what it had to say, if anything, stands above'

/** What it does before it is ready. */
const badStarts: readonly (readonly [string, string, string, string | undefined])[] = [
  ['ends at once', 'exit 0', 'the fake ended with exit code 0', ended],
  ['fails at once', 'exit 3', 'the fake ended with exit code 3', ended],
  ['is killed at once', 'kill -KILL $$', 'the fake was killed by SIGKILL', died],
  ['writes too much', 'kill -XFSZ $$', 'the fake was killed by SIGXFSZ', expect.stringContaining('RLIMIT_FSIZE')],
  ['computes too long', 'kill -XCPU $$', 'the fake was killed by SIGXCPU', expect.stringContaining('RLIMIT_CPU')],
  ['is of another version', 'echo ready 2; read line', 'the fake is of another version', 'it says "ready 2"'],
  ['says error', 'echo error call prctl 1', 'the fake reports an error', 'call prctl 1'],
  ['says something else, and ends', 'echo hello; echo readiness', 'the fake ended with exit code 0', ended],
]

/** What it answers when it is asked for two samples. */
const protocol = 'the fake does not keep to the protocol'
const program = 'the program /bin/echo'
const failing = 'only a program that succeeds is measured: one that fails may have stopped at any point'
const badAnswers: readonly (readonly [string, string, string, string])[] = [
  ['one sample', 'echo 1 2; echo done x', protocol, 'it gives 1 samples instead of 2'],
  ['no sample', 'echo done x', protocol, 'it gives 0 samples instead of 2'],
  ['three samples', 'echo 1 2; echo 1 2; echo 1 2; echo done x', protocol, 'it gives 3 samples instead of 2'],
  ['a word', 'echo 1 2; echo 1 x; echo done x', protocol, 'it says "1 x"'],
  ['three numbers', 'echo 1 2; echo 1 2 3; echo done x', protocol, 'it says "1 2 3"'],
  ['a negative number', 'echo 1 2; echo 1 -2; echo done x', protocol, 'it says "1 -2"'],
  ['an empty line', 'echo; echo 1 2; echo done x', protocol, 'it says ""'],
  ['an unknown error', 'echo error of its own', 'the fake reports an error', 'of its own'],
  ['an exit code', 'echo error exit 3', `${program} ended with exit code 3`, failing],
  ['a signal', 'echo error signal 11', `${program} was killed by SIGSEGV`, failing],
  ['its exit', 'echo 1 2; exit 4', 'the fake ended with exit code 4', ended],
  ['its death', 'kill -TERM $$', 'the fake was killed by SIGTERM', died],
  ['a closed output', 'exec >&-; exec sleep 1000', protocol, 'it has closed its output'],
  ['a closed input and its exit', 'exec <&-; exit 5', 'the fake ended with exit code 5', ended],
]

describe('a runner that', () => {
  it.each(badStarts)('%s is an error', async (_, script, message, why) => {
    expect(await errorOf(start(script))).toEqual({message, why})
  })

  it.each(badAnswers)('answers %s is an error', async (_, answer, message, why) => {
    const runner = await start(`echo ready 1; read line; ${answer}; read line`)
    expect(await errorOf(runner.run('fork', 2))).toEqual({message, why})
    await runner.close()
    await untilNobodyIs(runner.pid!)
  })

  it('is missing is an error', async () => {
    const {message, why} = await errorOf(start('', {file: '/nonexistent/runner'}))
    expect([message, why]).toEqual(['the fake cannot be started', 'spawn /nonexistent/runner ENOENT'])
  })

  it('has a larger environment than execve takes is an error', async () => {
    const long = 'x'.repeat(100_000)
    const env = Object.fromEntries(Array.from({length: 100}, (_, i) => [`V${i}`, long]))
    expect((await errorOf(start('echo ready 1', {env}))).message).toBe('the fake cannot be started: spawn E2BIG')
  })

  it('died goes on to say so', async () => {
    const runner = await start('echo ready 1; read line; exit 4')
    for (let i = 0; i < 2; i++)
      expect((await errorOf(runner.run('fork', 1))).message).toBe('the fake ended with exit code 4')
  })

  it('ends takes what it has started with it', async () => {
    const runner = await start('echo ready 1; read line; sleep 1000 & exit 4')
    expect((await errorOf(runner.run('fork', 1))).message).toBe('the fake ended with exit code 4')
    await untilNobodyIs(runner.pid!)
  })

  it('ends is not waited for because another session has its output', async () => {
    const {path, remove} = openDirectory()
    const runner = await start(`echo ready 1; read line; setsid sleep 1000 & echo $! >${path}/pid; sleep 0.1; exit 4`)
    try {
      expect((await errorOf(runner.run('fork', 1))).message).toBe('the fake ended with exit code 4')
      const pid = readFileSync(`${path}/pid`, 'utf8').trim()
      expect(alive(Number(pid)), 'it has its output still').toEqual([pid])
      process.kill(Number(pid), 'SIGKILL')
    } finally {
      remove()
    }
  })

  it('does not start well is ended', async () => {
    const {why} = await errorOf(start('echo error $$; exec sleep 1000'))
    await untilNobodyIs(Number(why))
  })
})

describe('a runner', () => {
  it('is understood in whatever pieces its words come', async () => {
    const pieces = ['1', ' 2', '\\n3 4\\ndo', 'ne clone3 (by', ' hand)\\n']
    const answer = pieces.map(piece => `printf '${piece}'; sleep 0.05`).join('; ')
    const runner = await start(`echo ready 1; read line; ${answer}; read line`)
    expect(await runner.run('fork', 2)).toEqual({
      samples: {callerBlocked: [1, 3], spawnToExit: [2, 4]},
      systemCall: 'clone3 (by hand)',
    })
  })

  it('is told ballast and row in the words of bench.h, and has the descriptors given', async () => {
    const script = `
      images=$(cat <&4); echo ready 1
      read carry; echo carried
      read run; echo 1 2; echo "done $carry|$run|$images|$(readlink /proc/self/fd/3)"; read line`
    const descriptors = [1, Buffer.from('bytes')]
    const runner = await start(script, {descriptors})
    await runner.carry({memoryBytes: 1, mappings: 2, thp: 'always', mappedBytes: 4, threads: 5})
    const {systemCall} = await runner.run('fork', 1)
    const [carry, run, images, fd] = systemCall.split('|')
    expect([carry, run, images]).toEqual(['carry 1 2 always 4 5', 'run fork 1', 'bytes'])
    expect(fd).not.toBe('')
  })

  it('is not asked what it refuses', async () => {
    const runner = await start('echo ready 1; read line; echo carried; exit 1', {refusal: () => 'too heavy'})
    expect(await errorOf(runner.carry({...noBallast, memoryBytes: 1024}))).toEqual({
      message: 'the fake cannot carry 1 KiB of touched memory',
      why: 'too heavy',
    })
  })

  it('has its own errors explained', async () => {
    const explain = (row: string | undefined, words: string) => new SpawnctlError('E_TEST', `${row}: ${words}`)
    const runner = await start('echo ready 1; read line; echo error so to say; read line', {explain})
    expect((await errorOf(runner.run('fork', 1))).message).toBe('fork: so to say')
  })

  it('answers one question at a time', async () => {
    const runner = await start('echo ready 1; read line; sleep 0.1; echo 1 2; echo done x; read line')
    const first = runner.run('fork', 1)
    await expect(runner.run('fork', 1)).rejects.toThrow('the fake is busy')
    expect((await first).systemCall).toBe('x')
  })

  it('is ended with everything it has started, whatever it does', async () => {
    const runner = await start('trap "" TERM INT HUP; echo ready 1; read line; sleep 1000')
    const answer = errorOf(runner.run('fork', 1))
    await pause(pollMs)
    await runner.close()
    expect((await answer).message).toBe('the fake was closed')
    expect((await errorOf(runner.run('fork', 1))).message).toBe('the fake was closed')
    await untilNobodyIs(runner.pid!)
    await runner.close()
  })

  it('is in a session of its own, out of reach of Ctrl-C', async () => {
    const runner = await start('echo ready 1; read line')
    const [, group, session] = /\) \S \d+ (\d+) (\d+)/.exec(readFileSync(`/proc/${runner.pid}/stat`, 'utf8')) ?? []
    expect([Number(group), Number(session)]).toEqual([runner.pid, runner.pid])
  })
})
