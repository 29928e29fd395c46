import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {constants, tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {type Method, methods} from '../../src/methods/method.js'
import {type Arch, syscallNumbers} from '../../src/plan/syscalls.js'
import {groupsOf, noLimits} from '../helpers/cgroups.js'
import {has} from '../helpers/needs.js'
import {
  childrenOf,
  processesWith,
  type Running,
  runCli,
  runShell,
  startCli,
  startShell,
  until,
} from '../helpers/run-cli.js'
import {runRefused} from '../helpers/run-refused.js'

const home = mkdtempSync(join(tmpdir(), 'spawnctl-supervision-'))
afterAll(() => rmSync(home, {recursive: true, force: true}))

/** posix_spawn has no attribute for a death signal, and the zygote's child is none of the keeper's. */
const kept: readonly Method[] = methods.filter(method => method !== 'posix_spawn' && method !== 'zygote')

let runs = 0

/** With an entry in the environment that tells all its processes, whatever session they have moved to. */
function start(words: readonly string[], detached = false): Running & {entry: string} {
  const [name, value] = ['SPAWNCTL_SUPERVISION_RUN', `${process.pid}-${++runs}`]
  return {...startCli(['exec', ...words], {env: {[name]: value}, detached}), entry: `${name}=${value}`}
}

/** Starts two processes in a session of their own, whose parent is gone, and says so. */
const daemons = '(setsid sh -c "sleep 1000 & exec sleep 1001" >/dev/null 2>&1 &); '
const untilGone = (entry: string) => until('the end of all', () => processesWith(entry).length === 0)
const sleeps = (entry: string) =>
  until('the daemons', () => {
    const names = processesWith(entry).filter(pid => /^sleep 100[01]/.test(commandLine(pid)))
    return names.length === 2 ? names : undefined
  })

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

const end = (entry: string) => {
  for (const pid of processesWith(entry)) process.kill(pid, 'SIGKILL')
}

describe.concurrent.each(kept)('a program started by %s', method => {
  it('leaves nothing behind with --kill-tree, and its own exit code', async () => {
    const {entry, pid, ended} = start([
      '-m',
      method,
      '--kill-tree',
      '--json',
      '--',
      'sh',
      '-c',
      `${daemons} sleep 0.3; exit 5`,
    ])
    await sleeps(entry)
    const {status, stderr} = await ended
    expect(pid).toBeGreaterThan(0)
    expect({status, report: JSON.parse(stderr)}).toMatchObject({
      status: 5,
      report: {killTree: has.ownCgroup ? 'cgroup.kill' : 'descendants', exitCode: 5, method},
    })
    expect(processesWith(entry)).toEqual([])
  })

  it.each([
    ['--kill-tree', ['--kill-tree']],
    ['--timeout', ['--timeout', '100']],
    ['--pdeathsig', ['--pdeathsig', 'KILL']],
    ['--pdeathsig, a signal that can be caught', ['--pdeathsig', 'TERM']],
  ])('leaves nothing behind when spawnctl is killed by SIGKILL: %s', async (_, words) => {
    const {entry, pid} = start(['-m', method, ...words, '--', 'sh', '-c', `${daemons} exec sleep 1002`])
    await sleeps(entry)
    process.kill(pid, 'SIGKILL')
    await untilGone(entry)
  })

  it.skipIf(noLimits !== '')(
    `leaves no group of its own behind when spawnctl is killed by SIGKILL${noLimits}`,
    async () => {
      const words = ['--kill-tree', '--pids-max', '50', '--memory-max', '200M']
      const {entry, pid} = start(['-m', method, ...words, '--', 'sh', '-c', `${daemons} exec sleep 1002`])
      await sleeps(entry)
      expect(groupsOf(pid)).not.toEqual([])
      process.kill(pid, 'SIGKILL')
      await until('the end of its groups', () => groupsOf(pid).length === 0)
      expect(processesWith(entry)).toEqual([])
    },
  )

  it('leaves nothing behind when its keeper is killed by SIGKILL', async () => {
    const {entry, pid, ended} = start(['-m', method, '--kill-tree', '--', 'sh', '-c', `${daemons} exec sleep 1002`])
    await sleeps(entry)
    const [keeper] = childrenOf(pid)
    process.kill(keeper as number, 'SIGKILL')
    const {status, stderr} = await ended
    expect(status).toBe(125)
    expect(stderr).toMatch(/keeper was killed by SIGKILL\nwhy: {2}.*\nnext: /)
    expect(processesWith(entry)).toEqual([])
  })

  it.skipIf(noLimits)(`has no control group left when its keeper is killed by SIGKILL${noLimits}`, async () => {
    const large = 'import time; large = bytearray(100000000); print("ready", flush=True); time.sleep(100)'
    const options = ['-m', method, '--timeout', '100', '--memory-max', '300M', '--pids-max', '60']
    const {pid, ended, untilStdout} = start([...options, '--', 'python3', '-c', large])
    await untilStdout(/ready/)
    process.kill(childrenOf(pid)[0] as number, 'SIGKILL')
    expect(await ended).toMatchObject({status: 125})
    expect(groupsOf(pid)).toEqual([])
  })
})

describe('a child that spawnctl had before its keeper was killed', () => {
  it('is ended with the others only if the program has started it', async () => {
    const script = `sleep 1003 >/dev/null 2>&1 & echo $!; exec "$NODE" "$CLI" exec --kill-tree -- sh -c '${daemons} exec sleep 1002'`
    const entry = `SPAWNCTL_SUPERVISION_RUN=${process.pid}-${++runs}`
    const {pid, ended, output} = startShell(script, [], {env: Object.fromEntries([entry.split('=')])})
    await sleeps(entry)
    const stranger = Number(output().stdout)
    const keeper = childrenOf(pid).find(child => child !== stranger) as number
    process.kill(keeper, 'SIGKILL')
    expect(await ended).toMatchObject({status: 125})
    expect(processesWith(entry)).toEqual([stranger])
    end(entry)
  })
})

/** Chains of processes, each making the next and a session for it: always one ahead of who ends them one by one. */
const runaways = `
import os, sys
sys.excepthook = lambda *_: os._exit(1) # a namespace that is about to end has no room for more
for chain in range(8):
    if os.fork() == 0:
        for _ in range(5000):
            if os.fork() != 0: os._exit(0)
            os.setsid()
        os._exit(0)
`

describe.concurrent('the means of --kill-tree', () => {
  const report = async (words: readonly string[]) => {
    const {entry, ended} = start(['-m', 'clone', '--kill-tree', '--json', ...words, '--', 'python3', '-c', runaways])
    const {stderr} = await ended
    expect(processesWith(entry)).toEqual([])
    return JSON.parse(stderr)
  }

  it.skipIf(!has.ownCgroup)('are cgroup.kill where a group can be made # needs a divisible cgroup v2', async () => {
    const directory = has.ownCgroup as string
    const [stale, fresh] = ['spawnctl-4194999-1', 'spawnctl-4194999-2'].map(name => join(directory, name)) as [
      string,
      string,
    ]
    for (const made of [stale, fresh]) mkdirSync(made)
    utimesSync(stale, 0, 0)
    expect(await report([])).toMatchObject({killTree: 'cgroup.kill'})
    const left = readdirSync(directory)
    rmdirSync(fresh)
    expect(left).toContain('spawnctl-4194999-2')
    expect(left).not.toContain('spawnctl-4194999-1')
  })

  it.skipIf(!has.root || !has.cgroup2)(
    'are a search where another group is asked for # needs root and cgroup v2',
    async () => {
      expect(await report(['--cgroup', '/'])).toMatchObject({killTree: 'descendants'})
    },
  )

  it.skipIf(!has.root || !has.cgroup2)(
    'are no less a search where one traces another # needs root and cgroup v2',
    async () => {
      const {entry, ended} = start(['--kill-tree', '--cgroup', '/', '--', 'python3', '-c', traced])
      expect(await ended).toMatchObject({status: 0})
      expect(processesWith(entry)).toEqual([])
    },
  )

  it.skipIf(!has.ownCgroup)('leave no group of a spawnctl below it behind # needs a divisible cgroup v2', async () => {
    const words = [process.execPath, 'bin/spawnctl.cjs', 'exec', '--kill-tree', 'sleep', '1000']
    const {pid, entry, ended} = start(['--kill-tree', '--', 'sh', '-c', '"$@" & sleep 0.5', 'sh', ...words])
    expect(await ended).toMatchObject({status: 0, stderr: ''})
    expect(processesWith(entry)).toEqual([])
    expect(readdirSync(has.ownCgroup as string)).not.toContainEqual(expect.stringContaining(`spawnctl-${pid}-`))
  })

  it.skipIf(!has.unshare)('are the pid namespace where there is one # needs namespaces', async () => {
    expect(await report(['--unshare', 'pid', '--mount-proc'])).toMatchObject({killTree: 'pid namespace'})
  })
})

/** Counts what it sends to its own group. */
const countOwn = `
import os, signal, time
count = 0
def note(*_):
    global count
    count += 1
signal.signal(signal.SIGUSR1, note)
os.kill(0, signal.SIGUSR1)
time.sleep(0.3)
print(count)`

/** Two that have left for sessions of their own, of which one traces the other and does not look at its end. */
const traced = `
import ctypes, os, time
ptrace = ctypes.CDLL(None).ptrace
ptrace.argtypes = [ctypes.c_long] * 4
def daemon(run):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            run()
        os._exit(0)
    os.wait()
here, there = os.pipe()
def victim():
    os.write(there, b'%d ' % os.getpid())
    time.sleep(1000)
daemon(victim)
pid = int(os.read(here, 20))
def tracer():
    ptrace(0x4206, pid, 0, 0) # PTRACE_SEIZE
    os.write(there, b'.')
    time.sleep(1000)
daemon(tracer)
os.read(here, 1)`

describe.concurrent('a spawnctl that leads its group', () => {
  it.each([
    ['--signal KILL', 'sleep 1000; :'],
    ['--kill-after 0.2', 'trap "" TERM; sleep 1000; :'],
  ])('ends the program’s group with it, by %s', async (options, script) => {
    const {entry, ended} = start([...options.split(' '), '--timeout', '0.3', '--', 'sh', '-c', script], true)
    expect(await ended).toMatchObject({status: 137})
    await untilGone(entry)
  })

  it.each(['ALRM', 'ABRT', '34'])('is not itself ended by the signal for the group: %s', async signal => {
    const {ended} = start(['--timeout', '0.3', '--signal', signal, '--json', '--', 'sleep', '1000'], true)
    const {status, stderr} = await ended
    expect({status, report: JSON.parse(stderr)}).toMatchObject({status: 124, report: {timedOut: 'signal'}})
  })

  it('has a keeper that outlives its group', async () => {
    const {entry, pid} = start(['--kill-tree', '--', 'sh', '-c', `${daemons} exec sleep 1002`], true)
    await sleeps(entry)
    process.kill(-pid, 'SIGKILL')
    await untilGone(entry)
  })

  it.each([[], ['--pdeathsig', 'TERM'], ['--timeout', '100'], ['--kill-tree']])(
    'does not pass back what the program has sent to its group: %j',
    async (...options) => {
      const {ended} = start([...options, '--', 'python3', '-c', countOwn], true)
      expect(await ended).toMatchObject({status: 0, stdout: '1\n'})
    },
  )
})

describe.concurrent('a signal that is to end a program with a time', () => {
  it.each([true, false])('ends its group, as timeout does (leading one: %s)', async detached => {
    const {entry, pid, ended} = start(['--timeout', '100', '--', 'sh', '-c', 'sleep 1000; :'], detached)
    await until('the program', () => processesWith(entry).some(own => /^sleep/.test(commandLine(own))))
    process.kill(pid, 'SIGTERM')
    expect(await ended).toMatchObject({status: 143})
    await untilGone(entry)
  })

  it.skipIf(noLimits)(`leaves no control group to those who are about to end${noLimits}`, async () => {
    const large = 'python3 -c "import time; large = bytearray(30000000); time.sleep(100)"'
    const script = `for i in 1 2 3 4; do ${large} & done; sleep 100`
    const options = ['--timeout', '1', '--signal', 'KILL', '--memory-max', '300M', '--pids-max', '60']
    const {pid, ended} = start([...options, '--', 'sh', '-c', script])
    expect(await ended).toMatchObject({status: 137, stderr: ''})
    expect(groupsOf(pid)).toEqual([])
  })

  it('ends one that is stopped', async () => {
    const {entry, pid, ended} = start(['--timeout', '100', '--', 'sh', '-c', 'kill -STOP $$; :'])
    const isStopped = (own: number) => /^State:\s+T/m.test(readFileSync(`/proc/${own}/status`, 'utf8'))
    await until('the stop', () => processesWith(entry).some(isStopped))
    process.kill(pid, 'SIGTERM')
    expect(await ended).toMatchObject({status: 143})
  })
})

describe.concurrent('an alarm', () => {
  it('ends a spawnctl that has set no time, as it ends any program', async () => {
    const {entry, pid, ended} = start(['-m', 'clone', '--', 'sh', '-c', 'exec sleep 1000 >/dev/null 2>&1'])
    await until('the program', () => processesWith(entry).some(own => /^sleep/.test(commandLine(own))))
    process.kill(pid, 'SIGALRM')
    expect(await ended).toMatchObject({status: null, signal: 'SIGALRM'})
    end(entry)
  })
})

describe.concurrent('a report that cannot be written', () => {
  it('is missed aloud', async () => {
    const {status, stderr} = await runCli(['exec', '--report', '/dev/full', '--', 'sh', '-c', 'exit 3'])
    expect({status, stderr}).toEqual({
      status: 3,
      stderr: 'spawnctl: --report /dev/full: the report could not be written (ENOSPC)\n',
    })
  })
})

describe.concurrent('a program without --kill-tree', () => {
  it('leaves behind what it wants', async () => {
    const {entry, ended} = start(['--timeout', '100', '--', 'sh', '-c', `${daemons} sleep 0.2`])
    const left = await sleeps(entry)
    await ended
    expect(processesWith(entry)).toEqual(expect.arrayContaining([...left]))
    end(entry)
  })

  it('goes on when spawnctl is killed, with --pdeathsig none, and its time goes on too', async () => {
    const {entry, pid} = start(['--pdeathsig', 'none', '--timeout', '1.5', '--', 'sleep', '1002'])
    await until('the program', () => processesWith(entry).some(own => /^sleep/.test(commandLine(own))))
    process.kill(pid, 'SIGKILL')
    await until('the end of spawnctl', () => !processesWith(entry).includes(pid))
    expect(processesWith(entry).some(own => /^sleep/.test(commandLine(own)))).toBe(true)
    await untilGone(entry)
  })
})

describe.concurrent('supervision is refused', () => {
  it.each([
    ['zygote', ['--timeout', '1'], 'zygote cannot do "--timeout"'],
    ['zygote', ['--kill-tree'], 'zygote cannot do "--kill-tree"'],
    ['posix_spawn', ['--timeout', '1'], 'posix_spawn cannot do "SIGKILL when the caller ends"'],
    ['posix_spawn', ['--kill-tree'], 'posix_spawn cannot do "SIGKILL when the caller ends"'],
  ])('by %s: %j', async (method, words, message) => {
    const {status, stdout, stderr} = await runCli(['exec', '-m', method, ...words, '--', 'echo', 'ran'])
    expect({status, stdout}).toEqual({status: 125, stdout: ''})
    expect(stderr).toMatch(new RegExp(`^spawnctl: ${message}\nwhy: {2}.*\nnext: --method clone`))
  })

  const foreign = async (words: string) =>
    runShell(
      `exec unshare --user --map-root-user --pid --fork "$NODE" "$CLI" exec ${words} -- sh -c 'echo ran; exit 4'`,
    )

  it.skipIf(!has.userNamespaces)('where /proc is of another pid namespace # needs user namespaces', async () => {
    for (const words of ['--kill-tree', '--kill-tree --dry-run']) {
      const {status, stdout, stderr} = await foreign(words)
      expect(stderr).toMatch(
        /^spawnctl: --kill-tree would not find all .*\nwhy: {2}there is no \/proc .*\nnext: mount -t/,
      )
      expect({status, stdout}).toEqual({status: 125, stdout: ''})
    }
    for (const words of ['--kill-tree --unshare pid', '--timeout 100'])
      expect(await foreign(words)).toMatchObject({status: 4, stdout: 'ran\n', stderr: ''})
  })

  it.skipIf(!has.unshare || !has.cgroup2)(
    'where orphans come to another process 1 # needs root and cgroup v2',
    async () => {
      const space = startShell('exec unshare --pid --fork --kill-child --mount-proc sh -c "echo up; exec sleep 100"')
      await space.untilStdout(/up/)
      const [first] = childrenOf(space.pid)
      const words = ['--join', `${first}:pid`, '--cgroup', '/', '--kill-tree', '--', 'echo', 'ran']
      const {status, stdout, stderr} = await runCli(['exec', ...words])
      expect(stderr).toMatch(/^spawnctl: --kill-tree would not .*\nwhy: {2}orphans in a pid namespace .*\nnext: leave/)
      expect({status, stdout}).toEqual({status: 125, stdout: ''})
      if (has.ownCgroup !== undefined) {
        const own = ['--join', `${first}:pid`, '--kill-tree', '--json', '--', 'sh', '-c', 'setsid sleep 1003 & exit 3']
        const {entry, ended} = start(own)
        expect(JSON.parse((await ended).stderr)).toMatchObject({killTree: 'cgroup.kill', exitCode: 3})
        await untilGone(entry)
      }
      space.process.kill('SIGKILL')
      await space.ended
    },
  )

  it('not by posix_spawn without a death signal', async () => {
    const words = ['-m', 'posix_spawn', '--pdeathsig', 'none', '--timeout', '0.2', '--', 'sleep', '100']
    expect(await runCli(['exec', ...words])).toMatchObject({status: 124})
  })

  it.each([['--kill-after'], ['--signal'], ['--preserve-status']])('without --timeout: %s', async option => {
    const {status, stderr} = await runCli([
      'exec',
      ...(option === '--preserve-status' ? [option] : [option, '5']),
      'true',
    ])
    expect(status).toBe(125)
    expect(stderr).toContain(`${option} needs --timeout\n`)
  })

  it.each([
    [['--timeout', '0.2'], 125],
    [['--timeout', '0.2', '--signal', 'INT', '--kill-tree'], 125],
    [['--timeout', '0.2', '--kill-after', '0.1'], 137],
    [['--timeout', '0.2', '--signal', 'KILL'], 137],
    [['--timeout', '0.2', '--init'], 124],
    [['--timeout', '0'], 0],
  ])('where process 1 might not hear of it: %j', async (words, status) => {
    const program = ['--unshare', 'user,pid', '--map-root-user', ...words, '--', 'sh', '-c', 'exec sleep 1']
    const run = await runCli(['exec', ...program])
    expect(run.status).toBe(status)
    expect(run.stderr).toMatch(status === 125 ? /process 1 of a pid namespace: .*\nnext: --init/ : /^$/)
  })

  it.each([['soon'], ['-1'], [''], ['1x'], ['1e'], ['1dd'], ['1M'], ['5MS']])(
    'with a time that is none: "%s"',
    async time => {
      const {status, stderr} = await runCli(['exec', `--timeout=${time}`, 'true'])
      expect(status).toBe(125)
      expect(stderr).toContain('--timeout wants a time')
    },
  )
})

/** Words of timeout(1), which are also those of `spawnctl exec` once the time has its option. */
const deaf = ['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done']
const parting = ['sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.05; done']
const rules: readonly [options: readonly string[], time: string, program: readonly string[]][] = [
  [[], '100', ['true']],
  [[], '100', ['sh', '-c', 'exit 9']],
  [[], '0', ['sh', '-c', 'exit 9']],
  [[], 'inf', ['sh', '-c', 'exit 9']],
  [[], '1e9', ['true']],
  [[], '2e-1', ['sleep', '100']],
  [[], '0x1', ['sleep', '100']],
  [[], '0.0000000001', ['sleep', '100']],
  [[], '0.2', ['sleep', '100']],
  [[], '0.2s', parting],
  [['--preserve-status'], '0.2', ['sleep', '100']],
  [['--preserve-status'], '0.2', parting],
  [['--signal', 'KILL'], '0.2', ['sleep', '100']],
  [['--signal', 'INT'], '0.2', ['sleep', '100']],
  [['--signal', 'HUP', '--preserve-status'], '0.2', ['sleep', '100']],
  [['--kill-after', '0.2'], '0.2', deaf],
  [['--kill-after', '100'], '0.2', parting],
  [['--kill-after', '0.2', '--preserve-status'], '0.2', deaf],
  [[], '0.2', ['sh', '-c', 'kill -STOP $$; exit 3']],
  [[], '100', ['sh', '-c', 'kill -TERM $$']],
  [[], '100', ['no-such-program']],
  [[], '100', ['/etc/passwd']],
]

describe.concurrent('exit codes', () => {
  it.each(rules)('are those of timeout(1): %j %s %j', async (options, time, program) => {
    const theirs = spawnSync('timeout', [...options, time, ...program], {stdio: 'ignore'})
    // timeout ends by the signal that ended its program, and by the SIGKILL that it sends its own group.
    const code = theirs.status ?? 128 + constants.signals[theirs.signal as NodeJS.Signals]
    const ours = await runCli(['exec', ...options, '--timeout', time, '--', ...program])
    expect(ours.status).toBe(code)
  })

  it('are followed by SIGKILL also when somebody else has sent the signal', async () => {
    const {pid, entry, ended} = start(['--verbose', '--timeout', '100', '--kill-after', '0.2', '--', ...deaf])
    await until('the program', () => processesWith(entry).some(own => /^sleep/.test(commandLine(own))))
    process.kill(pid, 'SIGTERM')
    const {status, stderr} = await ended
    expect(status).toBe(137)
    expect(stderr).toMatch(/killed by SIGKILL after [\d.]+ ms$/m)
  })

  it('come when the whole group has ended, not the program alone', async () => {
    const {entry, ended} = start(['--timeout', '0.3', '--', 'sh', '-c', 'sleep 1000 & sleep 1001'])
    expect(await ended).toMatchObject({status: 124, stderr: ''})
    await untilGone(entry)
  })
})

function filterFile(...instructions: readonly (readonly [code: number, jt: number, jf: number, k: number])[]): string {
  const bytes = instructions.map(([code, jt, jf, k]) => {
    const instruction = Buffer.alloc(8)
    instruction.writeUInt16LE(code)
    instruction.set([jt, jf], 2)
    instruction.writeUInt32LE(k, 4)
    return instruction
  })
  const path = join(home, `filter-${++runs}`)
  writeFileSync(path, Buffer.concat(bytes))
  return path
}

describe.concurrent('a filter of system calls', () => {
  it('that the kernel does not take is reported as that step', async () => {
    const {status, stderr} = await runCli(['exec', '--no-new-privs', '--seccomp', filterFile([0, 0, 0, 0]), 'true'])
    expect(status).toBe(125)
    expect(stderr).toMatch(/housekeeping failed at "seccomp filter of 1 instructions": seccomp: .*\(EINVAL\)/)
  })

  it.each([
    ['/dev/zero', 'more than 32768 bytes are no seccomp filter', 'why:  a filter is 1 to 4096 instructions'],
    ['/dev/null', '0 bytes are no seccomp filter', 'why:  a filter is 1 to 4096 instructions'],
    ['/etc', 'illegal operation on a directory (EISDIR)', 'why:  it is a directory'],
    ['/no/such/file', 'no such file or directory (ENOENT)', 'why:  the file, or the directory'],
  ])('that is none is refused: %s', async (file, message, why) => {
    const {status, stderr} = await runCli(['exec', '--seccomp', file, 'true'])
    expect({status, stderr}).toMatchObject({status: 125, stderr: expect.stringContaining(`${message}\n${why}`)})
  })

  it('may come through a pipe', async () => {
    const {status, stderr} = await runShell('spawnctl exec --no-new-privs --seccomp <(cat "$1") true', [
      filterFile([0x06, 0, 0, 0x7fff0000]),
    ])
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
  })

  it.each(methods.filter(method => method !== 'posix_spawn'))(
    'that refuses even the end leaves no child that goes on for ever: %s',
    async method => {
      const exitGroup = process.arch === 'x64' ? 231 : 94
      // load the number; unless it is exit_group's, skip one; EPERM; allow
      const filter = filterFile(
        [0x20, 0, 0, 0],
        [0x15, 0, 1, exitGroup],
        [0x06, 0, 0, 0x50001],
        [0x06, 0, 0, 0x7fff0000],
      )
      const words = ['-m', method, '--no-new-privs', '--seccomp', filter, '--', '/no/such/program']
      const {status, stderr} = await runCli(['exec', ...words])
      expect({status, stderr}).toMatchObject({status: 127, stderr: expect.stringContaining('/no/such/program')})
    },
  )

  it('is in force in the program', async () => {
    const chdir = syscallNumbers[process.arch as Arch].chdir
    // load the number; unless it is chdir's, skip one; EOPNOTSUPP; allow
    const filter = filterFile([0x20, 0, 0, 0], [0x15, 0, 1, chdir], [0x06, 0, 0, 0x5005f], [0x06, 0, 0, 0x7fff0000])
    const {status, stderr} = await runCli([
      'exec',
      '--no-new-privs',
      '--seccomp',
      filter,
      '--',
      'env',
      '-C',
      '/',
      'true',
    ])
    expect(status).toBe(125)
    expect(stderr).toMatch(/^env: cannot change directory to '\/': Operation not supported/)
  })
})

describe.concurrent('under a filter that refuses a call', () => {
  const {getpid, getppid} = syscallNumbers[process.arch as Arch]
  const [waitid, wait4, sendto, kill] = process.arch === 'x64' ? [247, 61, 44, 62] : [95, 260, 206, 129]
  const {EPERM} = constants.errno
  it.each([
    {call: 'getppid', number: getppid, options: '--method clone --timeout 9 --pdeathsig none', status: 7},
    {call: 'getpid', number: getpid, options: '--method clone --timeout 9 --pdeathsig none', status: 7},
    {call: 'sendto', number: sendto, options: '--method zygote', status: 7},
    {call: 'kill', number: kill, options: '--method zygote', status: 7},
    {call: 'wait4', number: wait4, options: '--unshare user,pid --init', status: 255},
  ])('$call, a run with $options comes to an end', async ({number, options, status}) => {
    const words = ['exec', ...options.split(' '), '--', 'sh', '-c', 'exit 7']
    expect(await runRefused([{number, errno: EPERM}], words)).toMatchObject({status, stderr: ''})
  })

  it.each([['--kill-tree'], ['--method', 'fork']])(
    'waitid, the end of a program with %s is said to be lost',
    async (...options) => {
      const {status, stderr} = await runRefused([{number: waitid, errno: EPERM}], ['exec', ...options, '--', 'true'])
      expect(stderr).toMatch(/^spawnctl: .* waitid: operation not permitted \(EPERM\)\nwhy: .*\nnext: spawnctl doctor/)
      expect(status).toBe(125)
    },
  )
})
