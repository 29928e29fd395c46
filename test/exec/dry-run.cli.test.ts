import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import type {PlannedCall} from '../../src/methods/dry-run.js'
import {type Method, methods} from '../../src/methods/method.js'
import {has} from '../helpers/needs.js'
import {cli, node, runCli, runProgram, runShell} from '../helpers/run-cli.js'
import {type TracedCall, traceCli} from '../helpers/strace.js'

const home = mkdtempSync(join(tmpdir(), 'spawnctl-dry-run-'))
afterAll(() => rmSync(home, {recursive: true, force: true}))

async function planned(words: readonly string[], env = {}): Promise<readonly PlannedCall[]> {
  const {status, stdout, stderr} = await runCli(['exec', '--dry-run', '--json', ...words], {env})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  return JSON.parse(stdout).calls
}

const nameOf = ({call}: PlannedCall) => /^\w+/.exec(call)?.[0] as string

/** One for each run of equal names: how many caught signals there are is Node's business. */
function runsOf(names: readonly string[]): readonly string[] {
  return names.filter((name, i) => name !== names[i - 1])
}

/** What the process did that has executed the program, from its creation on. */
function childCalls(calls: readonly TracedCall[]): readonly TracedCall[] {
  const isProgram = ({name, args, result}: TracedCall) =>
    name === 'execve' && args.startsWith('"/bin/true"') && result === 0
  const pid = calls.find(isProgram)?.pid
  const own = calls.filter(call => call.pid === pid)
  return own.slice(0, own.findIndex(isProgram) + 1)
}

const simple = [
  '--setsid',
  '--cwd',
  '/usr',
  '--stdout',
  join(home, 'out'),
  '--stderr',
  'stdout',
  '--stdin',
  'close',
  '--fd',
  '7=/dev/null',
  '--sigmask',
  'TERM',
]
const anybody = [
  ...simple,
  '--umask',
  '027',
  '--nice',
  '3',
  '--sched',
  'batch',
  '--ionice',
  'idle',
  '--cpus',
  '0',
  '--timer-slack',
  '1ms',
  '--personality',
  '3gb',
  '--rlimit',
  'core=0',
  '--rlimit',
  'nofile=64:64',
  '--pdeathsig',
  'TERM',
  '--sigignore',
  'HUP',
  '--no-new-privs',
]
const root = [
  ...anybody,
  '--uid',
  '61234',
  '--gid',
  '61234',
  '--groups',
  'none',
  '--cap-drop',
  'net_raw',
  '--pids-max',
  '50',
  '--ambient-caps',
  'kill',
  '--securebits',
  'noroot',
]

const wanted: readonly [what: string, words: readonly string[], methods: readonly Method[]][] = [
  ['nothing', [], methods],
  ['what posix_spawn can say', simple, methods],
  ['a group of its own', ['--setpgid'], methods],
  ['a policy that posix_spawn can say', ['--sched', 'other'], methods],
  ['a new terminal', ['--pty'], methods.filter(method => method !== 'posix_spawn')],
  ['much', anybody, methods.filter(method => method !== 'posix_spawn')],
  ['an OOM score', ['--oom-score-adj', '300'], methods.filter(method => !['posix_spawn', 'clone-vm'].includes(method))],
  ['a time', ['--timeout', '100'], methods.filter(method => !['posix_spawn', 'zygote'].includes(method))],
]
const cases = wanted.flatMap(([what, words, by]) => by.map(method => ({what, words, method})))
const privileged = methods.filter(method => method !== 'posix_spawn').map(method => ({method, words: root}))

const allowAll = join(home, 'allow.bpf')
writeFileSync(allowAll, Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f))

/** A root for /bin/true. */
const tree = join(home, 'tree')
for (const name of ['usr', 'proc']) mkdirSync(join(tree, name), {recursive: true})
for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(tree, name))

const withArguments = [
  '--uid 161234 --gid 4294967294 --groups 5,70000 --cap-drop net_raw --ambient-caps kill --securebits noroot,noroot_locked',
  '--cap-drop all --cap-add net_raw,kill --keep-caps',
  '--no-new-privs --oom-score-adj 300 --personality linux32,addr-no-randomize,sticky-timeouts',
  `--seccomp ${allowAll} --timer-slack 2ms --ionice best-effort:3`,
  '--sched deadline:1000000/10000000/10000000',
  '--sched fifo:3 --ionice realtime:0 --rlimit nofile=64:128 --rlimit as=unlimited',
  '--unshare user,mount,net,uts,ipc,cgroup,time --map-root-user --hostname box --loopback',
  '--unshare mount --bind /usr:/mnt:ro --bind /etc:/srv --tmpfs /media --mount-proc',
  '--unshare mount --bind /usr:/mnt:ro --tmpfs /media --chroot /',
  `--unshare mount --bind /usr:/usr:ro --mount-proc --pivot-root ${tree}`,
]

const others = methods.flatMap(method => [
  {method, words: `--stdout ${join(home, 'out')} --fd 7=/dev/null`},
  ...(method === 'posix_spawn' ? [] : [{method, words: '--pty --umask 027'}]),
  ...(method === 'posix_spawn' || method === 'zygote' ? [] : [{method, words: '--timeout 100 --kill-tree'}]),
])
const privilegedOthers = [
  '--uid 61234 --stdin /dev/null --pids-max 50 --kill-tree --join /proc/self/ns/uts',
  '--unshare user,pid,mount --map-users 0:0:1000 --map-groups 0:0:1000 --setgroups allow --init --stdout /dev/null',
  '--unshare user,pid --map-root-user --pdeathsig TERM',
]

/** A planned call as a pattern of what strace prints: what only a run gives is anything. */
function pattern(call: string): RegExp {
  const text = call.replace(/( = \$\w+)?$/, '').replace(/\)$/, '')
  const escaped = text.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')
  const number = /(?:max\\\([^)]*\\\)|\\\$\w+)(?: \\\+ \d+)?|PID(?=[-,])/g
  return new RegExp(
    `^${escaped
      .replace(number, '\\w+')
      .replace('/\\*', '.*$&')
      .replace('\\}, 88', '.*$&')
      .replace(/(?:, )?…(?:, )?/g, '.*')
      .replaceAll(' ', '')}`,
  )
}

/** Which planned calls a process has not made, in this order. */
function missing(told: readonly PlannedCall[], done: readonly TracedCall[]): readonly string[] {
  let at = 0
  return told
    .map(({call}) => call)
    .filter(call => {
      const wanted = pattern(call)
      const found = done.findIndex(({name, args}, i) => i >= at && wanted.test(`${name}(${args}`.replaceAll(' ', '')))
      if (found >= 0) at = found + 1
      return found < 0
    })
}

/** There is no orphan to be ended; and strace does not know all the flags. */
const vague = /\$orphan\b|TIOCGPTPEER/

/** What others than the child do: the caller, and the processes that it makes before. */
async function compareOthers(method: Method, words: readonly string[]): Promise<void> {
  const all = ['--method', method, ...words, '--', 'true']
  const env = {PATH: `/no/such/place:${process.env.PATH}`}
  const told = await planned(all, env)
  const {status, calls} = traceCli(['exec', ...all], 'all', env)
  expect(status).toBe(0)
  const caller = calls[0]?.pid
  const made = (name: string) => calls.find(call => call.pid === caller && `${call.name}(${call.args}`.startsWith(name))
  const pids = {
    caller,
    keeper: made('clone(child_stack=NULL')?.result,
    zygote: made('clone3({flags=CLONE_VM|CLONE_PIDFD|CLONE_VFORK')?.result,
    helper: made('clone3({flags=CLONE_VM|CLONE_PIDFD|CLONE_VFORK')?.result,
  }
  for (const [who, pid] of Object.entries(pids))
    expect(
      missing(
        told.filter(({by, call}) => by === who && !vague.test(call)),
        calls.filter(call => call.pid === pid),
      ),
    ).toEqual([])
}

async function compare(method: Method, words: readonly string[]): Promise<void> {
  const all = ['--method', method, ...words, '--', '/bin/true']
  const told = (await planned(all)).filter(({by}) => by === 'child').map(nameOf)
  const {status, calls} = traceCli(['exec', ...all], 'all')
  expect(status).toBe(0)
  const done = childCalls(calls).map(({name}) => name)
  // What libc and Node do after any fork, in the child, is theirs.
  const first = method === 'fork' ? done.indexOf('rt_sigaction') : 0
  expect(runsOf(told)).toEqual(runsOf(done.slice(first)))
}

/** What the child does, to the letter: what a dry run calls $1 has the number that strace saw. Addresses are left aside. */
async function compareArguments(words: readonly string[]): Promise<void> {
  const all = ['-m', 'clone', ...words, '--', '/bin/true']
  const told = (await planned(all)).filter(({by}) => by === 'child')
  const {status, calls} = traceCli(['exec', ...all], 'all')
  expect(status).toBe(0)
  const done = childCalls(calls)
  const results = new Map<string, string>()
  const texts = told.map(({call}, i) => {
    const [, text = '', result] = /^(.*?)(?: = (\$\d+))?$/s.exec(call) ?? []
    if (result !== undefined) results.set(result, String(done[i]?.result))
    return text
      .replaceAll(/&(\$\d+)/g, (_, name) => `[${results.get(name)}]`)
      .replaceAll(/\$\d+/g, name => results.get(name) ?? name)
  })
  const vague = (text: string) => text.replace(/filter=[^}]*/, 'filter=…').replace(/0x[0-9a-f]+ (?=\/\* \d+ vars)/, '')
  // The keeper and files of the caller have numbers that only a run gives them.
  const comparable = (text: string) => !/^(execve|dup3|getppid)\(/.test(text)
  expect(texts.map(vague).filter(comparable)).toEqual(
    done.map(({name, args}) => vague(`${name}(${args})`)).filter(comparable),
  )
}

describe.skipIf(!has.strace)('--dry-run tells what strace sees the child do # needs strace', () => {
  it.each(cases)('of $what by $method', ({method, words}) => compare(method, words))
  it.skipIf(!has.root).each(privileged)('of rights and ids by $method # needs root', ({method, words}) =>
    compare(method, words),
  )

  it.skipIf(!has.root || !has.cgroup2)('of a control group # needs root and cgroup v2', async () => {
    const words = ['-m', 'clone', '--cgroup', '/', '--', '/bin/true']
    const told = (await planned(words)).map(({call}) => call)
    const {calls} = traceCli(['exec', ...words], 'clone3,openat')
    expect(told.find(call => call.startsWith('clone3'))).toContain('|CLONE_INTO_CGROUP')
    expect(calls.some(({name, args}) => name === 'clone3' && args.includes('|CLONE_INTO_CGROUP'))).toBe(true)
    const opened = calls.filter(({name, args}) => name === 'openat' && args.includes('cgroup.procs'))
    expect(told).toContain(`openat(${opened[0]?.args}) = $procs`)
    expect(told.filter(call => call === 'getpid()')).toHaveLength(1)
  })

  it.each(others)('of the others: $words by $method', ({method, words}) => compareOthers(method, words.split(' ')))
  it.skipIf(!has.root || !has.unshare).each(privilegedOthers)('of the others: %s # needs root and namespaces', words =>
    compareOthers('clone', words.split(' ')),
  )

  it.skipIf(!has.rootAndOpenTree)('of a search past a directory that may not be entered # needs root', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'spawnctl-closed-'))
    const asOrdinary = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$NODE" "$CLI" exec'
    const script = `PATH=$1:/nowhere:/usr/bin:/bin; ${asOrdinary} -m posix_spawn --dry-run true`
    const {stdout} = await runShell(script, [closed])
    rmSync(closed, {recursive: true})
    const paths = Array.from(stdout.matchAll(/^child +execve\("([^"]+)"/gm), ([, path]) => path)
    expect(paths).toEqual([join(closed, 'true'), expect.stringMatching(/^\/(usr\/)?bin\/true$/)])
  })

  it.skipIf(!has.root || !has.unshare).each([
    {words: '--unshare pid', times: 0},
    {words: '--unshare pid --pdeathsig TERM', times: 1},
  ])('of the pidfd by which a zygote’s child sees the caller: $words # needs root and namespaces', async run => {
    const words = ['-m', 'zygote', ...run.words.split(' '), '--', '/bin/true']
    const told = (await planned(words)).filter(({by, call}) => by === 'zygote' && call.startsWith('pidfd_open('))
    const {calls} = traceCli(['exec', ...words], 'process,pidfd_open')
    const done = calls.filter(({name, pid}) => name === 'pidfd_open' && pid !== calls[0]?.pid)
    expect({told: told.length, done: done.length}).toEqual({told: run.times, done: run.times})
  })

  it('with its arguments', () => compareArguments(anybody))
  it.skipIf(!has.root || !has.unshare).each(withArguments)(
    'with its arguments: %s # needs root and namespaces',
    words => compareArguments(words.split(' ')),
  )
})

const named = [
  '-m zygote --stdout x --stderr stdout --fd 9=/dev/null true',
  '-m clone --timeout 1 --kill-tree --fd 5=a --fd 6=b true',
  '-m clone --unshare user,pid --map-users 0:0:9 --init true',
  '-m vfork --uid 61234 --pty true',
  '-m posix_spawn --setpgid --foreground --stdin /dev/null true',
]

describe.concurrent('--dry-run', () => {
  it('runs nothing and opens nothing', async () => {
    const [out, witness] = [join(home, 'never'), join(home, 'witness')]
    const {status, stdout} = await runCli(['exec', '--dry-run', '--stdout', out, '--', 'touch', witness])
    expect(status).toBe(0)
    expect(stdout).toContain(`openat(AT_FDCWD, "${out}", O_WRONLY|O_CREAT|O_NOCTTY|O_TRUNC|O_CLOEXEC, 0666) = $stdout`)
    expect([existsSync(out), existsSync(witness)]).toEqual([false, false])
  })

  it('leaves the file of --report alone, also when it refuses', async () => {
    const report = join(home, 'report')
    writeFileSync(report, 'kept')
    await runCli(['exec', '--dry-run', '--report', report, 'true'])
    await runCli(['exec', '--dry-run', '--report', report, '-m', 'posix_spawn', '--umask', '0', 'true'])
    expect(readFileSync(report, 'utf8')).toBe('kept')
  })

  it('lets no word of the command line reach the terminal as more than text', async () => {
    const word = 'a\x1b[31m\nb\u009b'
    const {stdout} = await runCli(['exec', '--dry-run', '-m', 'clone', '--cwd', word, '--', word, word])
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(stdout).toContain(`# $'a\\x1b[31m\\nb\\u009b'`)
    expect(stdout.split('\n').every(line => line === '' || /^(#|child|caller) /.test(line))).toBe(true)
  })

  it('speaks ASCII where the locale has no more, and leaves words as they are', async () => {
    const words = ['exec', '--dry-run', '-m', 'zygote', '--cpu-max', '50%', '--', 'echo']
    const {stdout} = await runCli(words, {env: {LC_ALL: 'C'}})
    expect(stdout).toMatch(/^[\x20-\x7e\n]+$/)
    const said = await runCli([...words, 'it’s …'], {env: {LC_ALL: 'C'}})
    expect(said.stdout).toContain('["echo", "it’s …"]')
  })

  it.each(named)('has a word for each number of a run, and says where it comes from: %s', async words => {
    const known = new Set<string>()
    for (const {call} of await planned(words.split(' '))) {
      const [, text = '', result] = /^(.*?)(?: = (\$\w+))?$/s.exec(call) ?? []
      const used = [...text.matchAll(/\$\w+/g)].map(([word]) => word)
      const introduces = /^(pipe2|socketpair|recvmsg|read)\(/.test(text)
      if (!introduces) expect(used.filter(word => !known.has(word))).toEqual([])
      if (result !== undefined) expect(known.has(result)).toBe(false)
      for (const word of [...(introduces ? used : []), result]) if (word !== undefined) known.add(word)
      expect(call).not.toMatch(/ = \d|spawnctl-\d+-\d/)
    }
  })

  it('waits for who reads late from a pipe that does not block', async () => {
    const late = `
import fcntl, os, subprocess, sys, time
reader, writer = os.pipe()
fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
os.set_blocking(writer, False)
child = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
time.sleep(3)
while data := os.read(reader, 65536): os.write(1, data)
sys.exit(child.wait())`
    const words = ['exec', '--dry-run', '--json', '-m', 'zygote', ...simple, 'true']
    const {status, stdout} = await runProgram('python3', ['-c', late, node, cli, ...words])
    expect(status).toBe(0)
    expect(stdout.length).toBeGreaterThan(4096)
    expect(JSON.parse(stdout).calls).toEqual(expect.any(Array))
  })

  it.each([
    ['/dev/full', 125, 'spawnctl: standard output could not be written (ENOSPC)\n'],
    ['>(exit)', 141, ''],
  ])('fails where nobody has it: >%s', async (target, status, said) => {
    const script = `{ sleep 0.3; spawnctl exec --dry-run true; } > ${target}; exit $?`
    const run = await runShell(script)
    expect(run.status).toBe(status)
    expect(run.stderr.startsWith(said) && (said !== '' || run.stderr === '')).toBe(true)
  })

  it('refuses what a run would refuse', async () => {
    const {status, stderr} = await runCli(['exec', '--dry-run', '-m', 'posix_spawn', '--umask', '0', 'true'])
    expect(status).toBe(125)
    expect(stderr).toMatch(/^spawnctl: posix_spawn cannot do "umask 000"\n/)
  })

  it('has a line for each call and a reason above those of a step', async () => {
    const {stdout} = await runCli(['exec', '--dry-run', '-m', 'clone', '--umask', '027', '--', 'true'])
    expect(stdout).toContain('# umask 027\nchild   umask(027)\n')
    expect(stdout).toMatch(/^# blocked signals none\. .*\nchild {3}rt_sigprocmask\(SIG_SETMASK, \[\], NULL, 8\)$/m)
    expect(
      stdout
        .split('\n')
        .filter(line => !line.startsWith('#'))
        .every(line => line === '' || /^\w+ +\w+\(.*\)/.test(line)),
    ).toBe(true)
  })

  it.each([
    ['--umask 0', 'umask(000)'],
    ['--umask 7', 'umask(007)'],
    ['--pdeathsig 40', 'prctl(PR_SET_PDEATHSIG, SIGRT_8)'],
    ['--sigmask RTMIN,USR1', 'rt_sigprocmask(SIG_SETMASK, [USR1 RT_2], NULL, 8)'],
    ['--sigmask all', 'rt_sigprocmask(SIG_SETMASK, ~[], NULL, 8)'],
  ])('spells as strace does: %s', async (words, call) => {
    expect((await planned(['-m', 'clone', ...words.split(' '), 'true'])).map(told => told.call)).toContain(call)
  })

  it('tells who makes a call: the keeper, the zygote', async () => {
    const kept = await planned(['-m', 'clone', '--kill-tree', 'true'])
    expect(kept.map(({by}) => by)).toContain('keeper')
    const zygote = await planned(['-m', 'zygote', 'true'])
    expect(zygote.map(({by}) => by)).toContain('zygote')
  })
})
