import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {constants, tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {type Method, methods} from '../../src/methods/method.js'
import {fixture} from '../helpers/fixture.js'
import {has} from '../helpers/needs.js'
import {cli, node, processesWith, type Running, runShell, startCli, startShell, until} from '../helpers/run-cli.js'

const home = mkdtempSync(join(tmpdir(), 'spawnctl-signals-'))
afterAll(() => rmSync(home, {recursive: true, force: true}))

const names = ['TERM', 'HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'WINCH'] as const
const counter = fixture('count-signals')

let runs = 0

/** Without a terminal, and with an entry in the environment that tells its processes from all others. */
function start(words: readonly string[]): Running & {entry: string} {
  const name = 'SPAWNCTL_SIGNALS_RUN'
  const value = `${process.pid}-${++runs}`
  return {...startCli(['exec', ...words], {env: {[name]: value}, detached: true}), entry: `${name}=${value}`}
}

function startCounting(method: Method): Running & {finish: () => void} {
  const stop = join(home, `stop-${runs}-${method}`)
  const running = start(['-m', method, '--', counter, stop, ...names])
  return {...running, finish: () => writeFileSync(stop, '')}
}

/** The last line of the counting program: one for every mention. */
function countOf(...sent: string[]): string {
  return `${names.map(name => `${name}=${sent.filter(other => other === name).length}`).join(' ')}\n`
}

describe.concurrent('a signal sent to spawnctl alone', () => {
  it.each(methods)('reaches a program started by %s exactly once, each of them', async method => {
    const {pid, untilStdout, finish, ended} = startCounting(method)
    await untilStdout(/^ready$/m)
    for (const name of names) {
      process.kill(pid, `SIG${name}`)
      await untilStdout(new RegExp(`^${name} 1$`, 'm'))
    }
    finish()
    const {status, signal, stdout, stderr} = await ended
    expect({status, signal, stderr}).toEqual({status: 40, signal: null, stderr: ''})
    expect(stdout.slice(stdout.indexOf('TERM='))).toBe(countOf(...names))
  })

  it('reaches it as often as it is sent', async () => {
    const {pid, untilStdout, finish, ended} = startCounting('posix_spawn')
    await untilStdout(/^ready$/m)
    for (let sent = 1; sent <= 5; sent++) {
      process.kill(pid, 'SIGUSR1')
      await untilStdout(new RegExp(`^USR1 ${sent}$`, 'm'))
    }
    finish()
    expect((await ended).stdout).toContain(countOf('USR1', 'USR1', 'USR1', 'USR1', 'USR1'))
  })

  it.each(methods.flatMap(method => (['SIGTERM', 'SIGHUP', 'SIGINT'] as const).map(signal => ({method, signal}))))(
    'kills a program started by $method that does not catch it: $signal',
    async ({method, signal}) => {
      const {pid, untilStdout, ended} = start(['-m', method, '--', 'sh', '-c', 'echo ready; exec sleep 100'])
      await untilStdout(/^ready$/m)
      process.kill(pid, signal)
      // An exit code: ending by the signal is for what the terminal sent.
      expect(await ended).toMatchObject({status: 128 + constants.signals[signal], signal: null, stderr: ''})
    },
  )

  it.each([
    ['its whole group reaches it once', 'to-group', ['USR1', 'USR2']],
    ['its parent does not come back', 'to-parent', ['USR2']],
  ])('is not what the program itself sends: what goes to %s', async (_, where, expected) => {
    const stop = join(home, `stop-${where}`)
    const {pid, untilStdout, ended} = start(['--', counter, stop, where, ...names])
    await untilStdout(/^ready$/m)
    process.kill(pid, 'SIGUSR2') // passed on after whatever else would have been
    await untilStdout(/^USR2 1$/m)
    writeFileSync(stop, '')
    expect((await ended).stdout).toContain(countOf(...expected))
  })

  it.each(['--setsid', '--setpgid'])('reaches a program with %s too', async option => {
    const {pid, untilStdout, ended} = start([
      option,
      '--',
      'sh',
      '-c',
      'trap "exit 9" TERM; echo ready; while :; do sleep 0.02; done',
    ])
    await untilStdout(/^ready$/m)
    process.kill(pid, 'SIGTERM')
    expect(await ended).toMatchObject({status: 9})
  })

  it('is taken by a program that ignores it, which then ends as it likes', async () => {
    const script = 'trap "echo used" USR1; echo ready; while :; do sleep 0.02; [ -e "$1" ] && exit 5; done'
    const stop = join(home, 'stop-ignoring')
    const {pid, untilStdout, ended} = start(['--sigignore', 'TERM', '--', 'sh', '-c', script, 'sh', stop])
    await untilStdout(/^ready$/m)
    process.kill(pid, 'SIGTERM')
    process.kill(pid, 'SIGUSR1')
    await untilStdout(/^used$/m) // it has lived past the first
    writeFileSync(stop, '')
    expect(await ended).toMatchObject({status: 5, stdout: 'ready\nused\n'})
  })
})

describe.concurrent('a signal at the very start', () => {
  const maps = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/maps`, 'utf8')
    } catch {
      return ''
    }
  }

  const moments: [string, (running: Running & {entry: string}) => unknown][] = [
    ['the process exists', () => true],
    ['Node is executed', ({pid}) => maps(pid).includes(node)],
    ['the native core is loaded', ({pid}) => maps(pid).includes('libspawnctl.so')],
    ['there is a second process', ({entry}) => processesWith(entry).length > 1],
  ]

  it.each(
    (['posix_spawn', 'clone', 'clone-vm', 'fork', 'zygote'] as const).flatMap(method =>
      moments.map(([moment, reached]) => ({method, moment, reached})),
    ),
  )('is neither lost nor leaves an orphan: SIGTERM, $method, when $moment', async ({method, reached}) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const running = start(['-m', method, '--', 'sleep', '100'])
      await until('the moment', () => reached(running))
      process.kill(running.pid, 'SIGTERM')
      const {status, signal} = await running.ended
      // Before it can catch signals spawnctl ends by it, afterwards with the program's 143.
      expect(signal === 'SIGTERM' || status === 143, JSON.stringify({status, signal})).toBe(true)
      await until('the end of all its processes', () => processesWith(running.entry).length === 0)
    }
  })
})

describe.concurrent('SIGCHLD ignored by whoever starts spawnctl', () => {
  const ignoring =
    'import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])'

  it.each(methods)('loses no exit code and does not hang: %s', async method => {
    const run = await runShell('python3 -c "$@"', [
      ignoring,
      node,
      cli,
      'exec',
      '-m',
      method,
      '--',
      'sh',
      '-c',
      'exit 6',
    ])
    expect(run).toEqual({status: 6, signal: null, stdout: '', stderr: ''})
  })
})

describe.concurrent('signals blocked or ignored by whoever starts spawnctl', () => {
  it.each(methods)('are neither in a program started by %s', async method => {
    const setting = `
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])`
    const seeing = ['grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status']
    const run = await runShell('python3 -c "$@"', [setting, node, cli, 'exec', '-m', method, '--', ...seeing])
    expect(run.stdout).toBe(`SigBlk:\t${'0'.repeat(16)}\nSigIgn:\t${'0'.repeat(16)}\n`)
  })
})

describe.concurrent('a program that is stopped, with no terminal about', () => {
  it('by a zygote that was stopped is not waited for beyond its end', async () => {
    const script = 'kill -STOP $(pgrep -P $PPID -x spawnctl-zygote); exit 5'
    expect(await start(['-m', 'zygote', '--', 'sh', '-c', script]).ended).toMatchObject({status: 5, stderr: ''})
  })

  it.each(methods)('by %s is waited for until it is continued and ends', async method => {
    const script = 'echo $$; kill -STOP $$; echo on; exit 8'
    const {pid, output, untilStdout, ended} = start(['-m', method, '--', 'sh', '-c', script])
    await untilStdout(/^\d+\n/)
    const program = Number(output().stdout)
    const stateOf = (id: number) => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]
    await until('its stop', () => stateOf(program) === 'T')
    await until('spawnctl’s sleep', () => stateOf(pid) === 'S')
    process.kill(program, 'SIGCONT')
    expect(await ended).toMatchObject({status: 8, stdout: `${program}\non\n`})
  })
})

const supervised = ['', '--setpgid', '--kill-tree', '--pdeathsig TERM', '--timeout 99', '--pty', '--pty --kill-tree']
const below = ['--unshare pid --init', '--unshare pid --init --kill-tree', '-m fork --unshare pid --init'].filter(
  () => has.root,
)

describe.concurrent('a program that is stopped, with no terminal about, and told to end', () => {
  it.each(
    [...supervised, ...below].flatMap(options =>
      (['SIGTERM', 'SIGHUP', 'SIGINT'] as const).map(sent => [options, sent] as const),
    ),
  )('does: %j, %s', async (options, sent) => {
    const program = [`trap 'echo told; exit 9' TERM HUP INT; echo up`, 'kill -STOP $$', 'while :; do sleep 0.1; done']
    const {
      process: spawnctl,
      untilStdout,
      ended,
    } = start([
      ...options.split(' ').filter(Boolean),
      ...['--', 'sh', '-c', `${program[0]}; (sleep 0.2; echo stopped) & ${program[1]}; ${program[2]}`],
    ])
    await untilStdout(/stopped/)
    spawnctl.kill(sent)
    const {status, stdout} = await ended
    expect({status, stdout: stdout.replaceAll('\r', '')}).toEqual({status: 9, stdout: 'up\nstopped\ntold\n'})
  })
})

describe.concurrent.each(['ENOSYS', 'EPERM'] as const)('where pidfd_send_signal gets %s', name => {
  const errno = constants.errno[name]
  const startRefused = (words: readonly string[]) =>
    startShell(
      'exec "$@"',
      [fixture('refuse-then-exec'), `424:${errno}`, '--', node, cli, 'exec', ...words],
      {detached: true}, // it leads its group, so the signal to a group does not reach the program either
    )

  it.each(methods)('a signal reaches a program started by %s', async method => {
    const {pid, untilStdout, ended} = startRefused(['-m', method, '--', 'sh', '-c', 'echo up; exec sleep 100'])
    await untilStdout(/up/)
    process.kill(pid, 'SIGTERM')
    expect(await ended).toMatchObject({status: 143})
  })

  it('a program that does not obey is ended when its time is up', async () => {
    const script = 'trap "" TERM; echo up; while :; do sleep 0.1; done'
    const words = ['--timeout', '0.3', '--kill-after', '0.2', '--', 'sh', '-c', script]
    expect(await startRefused(words).ended).toMatchObject({status: 137, stdout: 'up\n'})
  })
})

const hasStrace = spawnSync('strace', ['-V']).status === 0

describe('a signal between the handlers and the child', () => {
  it.skipIf(!hasStrace)('is passed on when there is a child (# needs strace, which slows a call down)', async () => {
    const trace = join(home, 'trace')
    const calls = 'memfd_create,pidfd_send_signal'
    const slowly = ['-f', '-o', trace, '-e', `trace=${calls}`, '-e', 'inject=memfd_create:delay_enter=1000000']
    const words = [...slowly, node, cli, 'exec', '-m', 'zygote', '--', 'sleep', '100']
    const {ended} = startShell('exec strace "$@"', words, {detached: true})
    // The script of a zygote's child lies in a memfd, which is made when the handlers are in place.
    const seen = (pattern: RegExp) => () => existsSync(trace) && pattern.exec(readFileSync(trace, 'utf8'))
    const [, spawnctl] = await until('the call', seen(/^(\d+) +memfd_create\("spawnctl-script"/m))
    process.kill(Number(spawnctl), 'SIGTERM')
    expect(await ended).toMatchObject({status: 143})
    expect(readFileSync(trace, 'utf8')).toMatch(/ pidfd_send_signal\(\d+, SIGTERM, .*= 0\n/)
  })

  it.skipIf(!hasStrace)('begins the time until SIGKILL, however short (# needs strace)', async () => {
    const trace = join(home, `short-${++runs}`)
    const slowly = ['-f', '-o', trace, '-e', 'trace=prctl,getppid', '-e', 'inject=getppid:delay_enter=700000']
    const words = ['--timeout', '50', '--kill-after', '0.001ms', '--sigignore', 'TERM', '--', 'sleep', '100']
    const {ended} = startShell('exec strace "$@"', [...slowly, node, cli, 'exec', ...words], {detached: true})
    // The keeper's last look at who its parent is comes just before it makes the child.
    const seen = /^(\d+) +getppid\(\)[\s\S]*"spawnctl-keeper"[\s\S]*PR_SET_CHILD_SUBREAPER[\s\S]*getppid\(/m
    const [, spawnctl] = await until('the call', () => existsSync(trace) && seen.exec(readFileSync(trace, 'utf8')))
    process.kill(Number(spawnctl), 'SIGTERM')
    expect(await ended).toMatchObject({status: 137, stderr: ''})
  })
})
