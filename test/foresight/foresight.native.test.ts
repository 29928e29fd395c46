import {spawnSync} from 'node:child_process'
import {describe, expect, expectTypeOf, it} from 'vitest'
import {
  capabilities,
  type GivenAnswers,
  type Housekeeping,
  methods,
  plan,
  recommend,
  type SpawnOptions,
  spawn,
  UsageError,
} from '../../dist/index.js'
import {splitLine} from '../../src/exec/command-line.js'
import {execOptions} from '../../src/exec/options.js'
import {stepKinds} from '../../src/plan/housekeeping.js'
import {libraryOptions} from '../../src/process/housekeeping.js'
import {openDescriptors} from '../helpers/change-caller.js'
import {ended} from '../helpers/ended.js'
import {runCli} from '../helpers/run-cli.js'

describe('plan', () => {
  it('shows steps, calls and candidates of a spawn, and runs nothing', () => {
    const before = openDescriptors()
    const env = {PATH: '/a:/b'}
    const foreseen = plan('prog', ['x'], {umask: 0o27, cwd: '/usr', env, stdio: ['pipe', 'ignore', 2]})
    expect(foreseen).toMatchObject({
      method: 'clone-vm',
      plan: {file: 'prog', argv: ['prog', 'x'], env: ['PATH=/a:/b']},
      candidates: ['/a/prog', '/b/prog'],
      refusals: {posix_spawn: {step: 'umask 027', alternative: 'clone'}},
    })
    expect(foreseen.steps.map(({kind}) => kind)).toEqual(['sigdefault', 'chdir', 'umask', 'descriptors', 'sigmask'])
    expect(foreseen.steps[3]?.does).toContain('0 from pipe:[0]')
    const calls = foreseen.calls.map(({by, call}) => `${by} ${call}`)
    expect(calls).toEqual(
      expect.arrayContaining([
        'caller socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, […, $stdin])',
        'child chdir("/usr")',
        'child umask(027)',
        'child dup3($stdin, 0, 0)',
        'child dup3($stdout, 1, 0)',
        'child execve("/a/prog", ["prog", "x"], /* 1 vars */)',
      ]),
    )
    expect(openDescriptors()).toEqual(before)
  })

  it.each(methods)('shows the script of %s', method => {
    const {calls, method: taken} = plan('true', {method, cwd: '/'})
    expect(taken).toBe(method)
    expect(calls).toContainEqual(expect.objectContaining({by: 'child', call: 'chdir("/")', step: 'chdir'}))
  })

  it('refuses what spawn refuses', () => {
    expect(() => plan('true', {umask: 1, method: 'posix_spawn'})).toThrow(/posix_spawn cannot do/)
    expect(() => plan('true', {timeout: -1})).toThrow(expect.objectContaining({code: 'ERR_OUT_OF_RANGE'}))
  })

  it.each<[string, readonly string[], SpawnOptions]>([
    ['sh', ['-c', 'umask; pwd; echo $0 $A'], {umask: 0o27, cwd: '/usr', argv0: 'x y', env: {...process.env, A: '=-'}}],
    ['env', [], {env: {ONLY: 'this', PATH: '/usr/bin'}}],
    ['echo $((6 * 7))', [], {shell: true}],
    ['sh', ['-c', 'readlink /proc/self/fd/0'], {stdio: ['ignore', 'pipe', 'pipe']}],
    ['sh', ['-c', 'sed -n "/^SigIgn/p" /proc/$$/status'], {sigignore: ['HUP', 'USR1'], sigdefault: 'INT'}],
    ['-n', [], {shell: 'echo'}],
  ])('gives a command that does the same: %s %j', async (command, args, options) => {
    const {options: words, program, method} = plan(command, args, options)
    const line = ['exec', '--method', method, ...words, '--', ...program]
    expect(splitLine(line.slice(1), execOptions).program).toEqual(program)
    const [mine, shells] = [await ended(spawn(command, args, options)), await runCli(line)]
    expect(shells.stdout).toBe(mine.stdout)
  })
})

describe('recommend', () => {
  const answers: GivenAnswers = {performanceCritical: true, posix: false}

  it.each([
    [{...answers, umask: 0o27}, ['--umask', '027', '--performance-critical', '--no-posix']],
    [
      {'performance-critical': 'yes', posix: 'no', sigignore: ['HUP', 'INT']} as const,
      ['--sigignore', 'HUP,INT', '--performance-critical', '--no-posix'],
    ],
    [
      {simpleHousekeeping: false, performanceCritical: false, singleThreaded: true},
      ['--no-simple-housekeeping', '--no-performance-critical', '--single-threaded'],
    ],
    [{}, []],
  ])('says what the command says: %j', async (given, words) => {
    const {stdout} = await runCli(['recommend', ...words, '--json', '--', 'git', '--version'])
    expect(recommend(given, ['git', '--version'])).toEqual(JSON.parse(stdout))
  })

  it('needs no answers for a spawn that plan has foreseen', () => {
    expect(recommend(plan('git', ['--version'])).method).toBe('posix_spawn')
    expect(recommend(plan('git', {umask: 0o27}))).toMatchObject({
      method: 'clone',
      path: [
        {question: 'simple-housekeeping', answer: 'no', source: 'derived'},
        {question: 'performance-critical', answer: 'yes', source: 'derived'},
        {question: 'posix', answer: 'no', source: 'derived'},
      ],
      command: 'spawnctl exec --method clone --umask 027 -- git',
    })
    expect(recommend(plan('git', {umask: 0o27}), {posix: true}).method).toBe('vfork')
  })

  it('names the question that is not answered', () => {
    expect(() => recommend({umask: 0})).toThrow(UsageError)
    expect(() => recommend({umask: 0})).toThrow(expect.objectContaining({next: 'performanceCritical: true or false'}))
  })

  it('refuses an answer that the housekeeping contradicts', () => {
    expect(() => recommend({simpleHousekeeping: true, umask: 0})).toThrow(/does not go with "umask 000"/)
  })
})

describe('capabilities', () => {
  it('tells every step of every method', () => {
    const {methods: known, steps} = capabilities()
    const kinds = stepKinds.map(({kind}) => kind)
    expect(Object.keys(steps)).toEqual(kinds)
    for (const method of methods) {
      const {carries, refuses} = known[method]
      expect([...carries, ...refuses.map(({step}) => step)].sort()).toEqual([...kinds].sort())
    }
    expect(known.posix_spawn.refuses.map(({step}) => step)).toContain('umask')
    expect(known.clone.refuses).toEqual([])
    expect(known['clone-vm'].refuses.map(({step}) => step)).toEqual(['oom_score_adj'])
  })

  it('tells what this machine has', () => {
    const {machine} = capabilities()
    expect(machine).toMatchObject({architecture: process.arch, posixSpawn: {chdir: expect.any(Boolean)}})
    expect(machine.glibc).toBe(
      spawnSync('getconf', ['GNU_LIBC_VERSION'], {encoding: 'utf8'}).stdout.trim().split(' ')[1],
    )
  })
})

describe('the names of the options', () => {
  it('are those of spawnctl exec, each with a type', () => {
    const typed = {
      user: true,
      groups: true,
      setsid: true,
      setpgid: true,
      foreground: true,
      ctty: true,
      umask: true,
      sigdefault: true,
      sigignore: true,
      sigmask: true,
      pdeathsig: true,
      rlimit: true,
      nice: true,
      sched: true,
      ionice: true,
      cpus: true,
      timerSlack: true,
      oomScoreAdj: true,
      personality: true,
      capDrop: true,
      capAdd: true,
      ambientCaps: true,
      keepCaps: true,
      securebits: true,
      noNewPrivs: true,
      seccomp: true,
      cgroup: true,
      memoryMax: true,
      pidsMax: true,
      cpuMax: true,
      unshare: true,
      join: true,
      init: true,
      mapRootUser: true,
      mapCurrentUser: true,
      mapUsers: true,
      mapGroups: true,
      setgroups: true,
      hostname: true,
      loopback: true,
      mountProc: true,
      bind: true,
      tmpfs: true,
      chroot: true,
      pivotRoot: true,
    } satisfies Record<keyof Housekeeping, true>
    const nodes = ['cwd', 'uid', 'gid', 'stdin', 'stdout', 'stderr', 'fd']
    const names = Object.values(capabilities().steps).flatMap(({options}) => options)
    expect(names.filter(name => !nodes.includes(name)).sort()).toEqual(Object.keys(typed).sort())
    expect([...libraryOptions.keys()].sort()).toEqual(Object.keys(typed).sort())
    expectTypeOf<SpawnOptions>().toExtend<Housekeeping>()
  })
})
