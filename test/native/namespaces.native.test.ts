import {closeSync, existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync} from 'node:fs'
import {constants, hostname} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {surroundings as machine} from '../../dist/exec/caller.js'
import {openZygote, type Spawned, spawnPlan} from '../../dist/methods/spawn.js'
import {reapChild} from '../../dist/native/core.js'
import {type Method, methods} from '../../src/methods/method.js'
import {readSteps} from '../../src/plan/housekeeping.js'
import {type Namespace, namespaceFile, namespaces} from '../../src/plan/namespaces.js'
import type {Mount, Step, Unshare} from '../../src/plan/step.js'
import {type Arch, syscallNumbers} from '../../src/plan/syscalls.js'
import {release} from '../helpers/failure.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {options, planFor} from '../helpers/plans.js'
import {spawnUnder} from '../helpers/spawn-under.js'
import {tell} from '../helpers/tell.js'

const {SIGTERM} = constants.signals
const {EPERM} = constants.errno
const numbers = syscallNumbers[process.arch as Arch]
const directory = openDirectory()
const path = (name: string) => join(directory.path, name)
const capable = methods.filter(method => method !== 'posix_spawn')
/** What /bin/sh needs to run is all below /usr. */
const usr = ['bin', 'lib', 'lib64'].map(
  name => ({type: 'bind', source: `/usr/${name}`, target: `/${name}`, readOnly: true}) as const,
)

beforeAll(() => {
  for (const name of ['tree', 'tree/bin', 'tree/lib', 'tree/lib64', 'tree/proc', 'tree/data', 'tree/tmp', 'data'])
    mkdirSync(path(name))
  writeFileSync(path('data/file'), 'text')
})
const zygote = openZygote()
afterAll(() => {
  zygote.close()
  directory.remove()
})

const ownMaps: Omit<Unshare, 'kind' | 'namespaces'> = {
  users: [{inner: 0, outer: process.geteuid?.() ?? 0, count: 1}],
  groups: [{inner: 0, outer: process.getegid?.() ?? 0, count: 1}],
  setgroups: 'deny',
}
/** Calls a function in this directory of the test's. */
function within<T>(name: string, run: () => T): T {
  const before = process.cwd()
  process.chdir(path(name))
  try {
    return run()
  } finally {
    process.chdir(before)
  }
}

const unshare = (...list: readonly Namespace[]): Unshare => ({kind: 'unshare', namespaces: list})
const container = (...list: Namespace[]): Unshare => ({...unshare('user', ...list), ...ownMaps})
const said = (method: Method, steps: readonly Step[], script: string) => tell(method, steps, script, directory.path)
const link = (pid: number | 'self', name: Namespace) => readlinkSync(`/proc/${pid}/ns/${namespaceFile(name)}`)
const linksScript = namespaces.map(name => `readlink /proc/self/ns/${namespaceFile(name)}`).join('\n')

/** Which namespaces of the caller a child made with these steps is not in. */
function foreign(method: Method, steps: readonly Step[]): readonly Namespace[] {
  const {lines} = said(method, steps, linksScript)
  expect(lines).toHaveLength(namespaces.length)
  return namespaces.filter((name, i) => lines[i] !== link('self', name))
}

describe('posix_spawn', () => {
  it.each<Step>([
    {kind: 'cgroup', limits: {pidsMax: 5}},
    {kind: 'join', targets: [{path: '/proc/1/ns/net'}]},
    unshare('net'),
    {kind: 'root', path: '/usr', by: 'chroot'},
  ])('refuses $kind', step => {
    expect(() => spawnPlan(planFor('/bin/true', {steps: [step]}), 'posix_spawn')).toThrow(
      expect.objectContaining({code: 'E_REFUSED', next: expect.stringContaining('--method clone')}),
    )
  })

  it.each<readonly Step[]>([
    [unshare('uts'), {kind: 'hostname', name: 'box'}],
    [unshare('net'), {kind: 'loopback'}],
    [unshare('pid'), {kind: 'init'}],
    [unshare('mount'), {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/mnt'}]}],
  ])('refuses %j', (...steps) => {
    expect(() => spawnPlan(planFor('/bin/true', {steps}), 'posix_spawn')).toThrow(
      expect.objectContaining({code: 'E_REFUSED'}),
    )
  })
})

describe.skipIf(!has.unshare).each(capable)('a child made by %s # needs root and namespaces', method => {
  it.each(namespaces)('has a new %s namespace and no other', name => {
    expect(foreign(method, [unshare(name)])).toEqual([name])
  })

  it('has all of them at once', () => {
    expect(foreign(method, [container(...namespaces.filter(name => name !== 'user'))])).toEqual([...namespaces])
  })

  it('is root in its user namespace, and there alone', () => {
    const {lines} = said(method, [container()], 'id -u; id -g; cat /proc/self/uid_map /proc/self/setgroups')
    expect(lines.map(line => line.trim().split(/ +/).join(' '))).toEqual(['0', '0', '0 0 1', 'deny'])
  })

  it('has a map of many ids, which it could not write itself', () => {
    const map = [
      {inner: 0, outer: 100_000, count: 1000},
      {inner: 1000, outer: 5, count: 1},
    ]
    const steps: Step[] = [
      {...unshare('user', 'pid'), users: map, groups: map},
      {kind: 'setgroups', groups: [7]},
      {kind: 'setgid', gid: 1000},
      {kind: 'setuid', uid: 12},
    ]
    const {lines} = said(method, steps, 'id -u; id -g; id -G; cat /proc/self/uid_map /proc/self/gid_map; echo $$')
    const text = ['0 100000 1000', '1000 5 1']
    expect(lines.map(line => line.trim().split(/ +/).join(' '))).toEqual([
      '12',
      '1000',
      '1000 7',
      ...text,
      ...text,
      '1',
    ])
  })

  it('has a name for its host, which the caller does not get', () => {
    const before = hostname()
    expect(said(method, [unshare('uts'), {kind: 'hostname', name: 'box'}], 'hostname').lines).toEqual(['box'])
    expect(hostname()).toBe(before)
  })

  it('has loopback up when asked for, and down otherwise', () => {
    const script = 'grep -c "32 host LOCAL" /proc/net/fib_trie'
    expect(said(method, [unshare('net'), {kind: 'loopback'}], script).lines).not.toEqual(['0'])
    expect(said(method, [unshare('net')], script).lines).toEqual(['0'])
  })

  it('is process 1, and /proc shows it', () => {
    const steps: Step[] = [unshare('mount', 'pid'), {kind: 'mounts', mounts: [{type: 'proc', target: '/proc'}]}]
    expect(said(method, steps, 'echo $$; echo /proc/[0-9]*').lines).toEqual(['1', '/proc/1'])
  })

  it('sees what is mounted for it alone, below a root of its own', () => {
    const steps: Step[] = [
      unshare('mount', 'pid'),
      {
        kind: 'mounts',
        under: path('tree'),
        mounts: [
          ...usr,
          {type: 'bind', source: path('data'), target: '/data', readOnly: true},
          {type: 'proc', target: '/proc'},
          {type: 'tmpfs', target: '/tmp'},
        ],
      },
      {kind: 'root', path: path('tree'), by: 'pivot_root'},
    ]
    const script = 'pwd; cat /data/file; echo; : >/tmp/x && ls /tmp; touch /data/x || echo read-only; echo /*'
    const before = readFileSync('/proc/self/mountinfo', 'utf8')
    expect(said(method, steps, script).lines).toEqual([
      '/',
      'text',
      'x',
      'read-only',
      '/bin /data /lib /lib64 /proc /tmp',
    ])
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before)
  })

  it.each([[['mount']], [['mount', 'pid']]] as const)(
    'is where its directory is shown, not where it is hidden: %j',
    list => {
      const given = options({bind: `${directory.path}:${directory.path}:ro`})
      const mounts = within('data', () => readSteps(given, machine).filter(({kind}) => kind === 'mounts'))
      expect(mounts).toMatchObject([{returnTo: path('data')}])
      const script = 'pwd; touch ./x || echo read-only'
      const {lines} = within('data', () => said(method, [unshare(...list), ...mounts], script))
      expect(lines).toEqual([path('data'), 'read-only'])
    },
  )

  it('starts in the caller’s directory as it is in its own mount namespace', () => {
    const steps: Step[] = [unshare('mount', 'pid'), {kind: 'mounts', mounts: [{type: 'tmpfs', target: path('data')}]}]
    const {lines} = within('.', () => said(method, steps, 'echo data/*; : >data/new; echo data/*'))
    expect(lines).toEqual(['data/*', 'data/new'])
    expect(existsSync(path('data/new'))).toBe(false)
  })

  it('finds what is mounted after its whole root', () => {
    const mounts: Mount[] = [
      {type: 'bind', source: '/', target: '/', readOnly: true},
      {type: 'tmpfs', target: '/tmp'},
    ]
    const steps: Step[] = [
      unshare('mount'),
      {kind: 'mounts', mounts, under: path('tree')},
      {kind: 'root', path: path('tree'), by: 'pivot_root'},
    ]
    const script = ': >/tmp/x; ls /tmp; touch /x || echo read-only; test -d /usr/bin && echo whole'
    expect(said(method, steps, script).lines).toEqual(['x', 'read-only', 'whole'])
  })

  it.each(['.', './tree', '/'])('can have this directory as its root: %s', given => {
    const mounts: Step[] = given === '/' ? [] : [{kind: 'mounts', under: given, mounts: usr}]
    const steps: Step[] = [unshare('mount'), ...mounts, {kind: 'root', path: given, by: 'pivot_root'}]
    const {lines} = within(given === '.' ? 'tree' : '.', () => said(method, steps, 'pwd; ls -d /lib64'))
    expect(lines).toEqual(['/', '/lib64'])
  })

  it('has another root', () => {
    const {lines} = said(
      method,
      [{kind: 'root', path: '/usr', by: 'chroot'}],
      'pwd; test -e /usr || echo inside; cd /; echo /lib6*',
    )
    expect(lines).toEqual(['/', 'inside', '/lib64'])
  })

  it('has a working directory of the new root', () => {
    const steps: Step[] = [
      {kind: 'root', path: '/usr', by: 'chroot'},
      {kind: 'chdir', path: '/bin'},
    ]
    expect(said(method, steps, 'pwd').lines).toEqual(['/bin'])
  })
})

describe.skipIf(!has.unshare).each(capable)('an init, with %s, # needs root and namespaces', method => {
  const steps: Step[] = [
    unshare('mount', 'pid'),
    {kind: 'init'},
    {kind: 'mounts', mounts: [{type: 'proc', target: '/proc'}]},
  ]

  /** The init takes its place when the program is executed; the last thing that it does then is to leave the directory. */
  const settled = 'for i in $(seq 500); do [ "$(readlink /proc/1/cwd)" = / ] && break; sleep 0.01; done'

  it('is process 1 and the program’s parent', () => {
    expect(said(method, steps, `${settled}; cat /proc/1/comm; echo $PPID`).lines).toEqual(['spawnctl-init', '1'])
  })

  it('holds nothing open, and leaves the directory', () => {
    expect(said(method, steps, `${settled}; ls /proc/1/fd | wc -l; readlink /proc/1/cwd`).lines).toEqual(['0', '/'])
  })

  it('reaps what is orphaned', () => {
    const script = `(sh -c 'exit 0' & echo $! ) | cat >/dev/null
      for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; grep -qs '^State:.Z' /proc/[0-9]*/status || exit 5; done`
    expect(said(method, steps, script).exitCode).toBe(5)
  })

  it('ends with the program’s exit code', () => {
    expect(said(method, steps, 'exit 7')).toMatchObject({exitCode: 7, signal: null})
  })

  it('ends with 128 + n when signal n ended the program, for process 1 cannot die of it', () => {
    expect(said(method, steps, 'kill -TERM $$')).toMatchObject({exitCode: 128 + SIGTERM, signal: null})
  })
})

describe.skipIf(!has.unshare).each(capable)('a second process, with %s, # needs root and namespaces', method => {
  const others = namespaces.filter(name => name !== 'user')
  let target: Spawned

  beforeAll(() => {
    target = spawnPlan(
      planFor('/bin/sleep', {args: ['600'], steps: [{kind: 'unshare', namespaces: others}, {kind: 'init'}]}),
      'clone',
    )
    return () => {
      process.kill(target.pid, 'SIGKILL')
      reapChild(target.pid)
      closeSync(target.pidfd)
    }
  })

  const joined = (...list: Namespace[]): Step => ({kind: 'join', targets: [{pid: target.pid, namespaces: list}]})

  it('is not needed to be in the other namespaces of a process', () => {
    const list: Namespace[] = ['mount', 'uts', 'ipc', 'cgroup', 'net']
    expect(foreign(method, [joined(...list)])).toEqual(list)
    const {lines} = said(method, [joined(...list)], linksScript)
    expect(lines[namespaces.indexOf('net')]).toBe(link(target.pid, 'net'))
  })

  it('is in the pid namespace of another', () => {
    const {lines} = said(method, [joined('pid')], `${linksScript}\necho $$ $PPID`)
    expect(lines[namespaces.indexOf('pid')]).toBe(link(target.pid, 'pid'))
    expect(lines.at(-1)).toMatch(/^\d+ 0$/)
  })

  it('is in a namespace that is named by a path', () => {
    const steps: Step[] = [
      {kind: 'join', targets: ['net', 'pid'].map(name => ({path: `/proc/${target.pid}/ns/${name}`}))},
    ]
    expect(foreign(method, steps)).toEqual(['pid', 'net'])
  })

  it('ends as the program does, by exit code and by signal', () => {
    expect(said(method, [joined('pid')], 'exit 7')).toMatchObject({exitCode: 7, signal: null})
    expect(said(method, [joined('pid')], 'kill -TERM $$')).toMatchObject({exitCode: null, signal: SIGTERM})
  })

  it('tells its failures as any child does', () => {
    const failing: Step[] = [joined('pid'), {kind: 'chdir', path: '/no/such/directory'}]
    expect(() => said(method, failing, 'true')).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({stage: 'step', step: 'chdir', errno: 'ENOENT', method}),
      }),
    )
    expect(() => spawnPlan(planFor('/no/such/program', {steps: [joined('pid')]}), 'clone')).toThrow(
      expect.objectContaining({code: 'E_NOT_FOUND'}),
    )
  })

  it('is root where it joins a user namespace, as nsenter makes it', () => {
    const inside = spawnPlan(planFor('/bin/sleep', {args: ['600'], steps: [container('pid', 'uts')]}), 'clone')
    try {
      const join: Step = {kind: 'join', targets: [{pid: inside.pid, namespaces: ['user', 'uts', 'pid']}]}
      const {lines} = said(method, [join, unshare('user')], 'id -u; id -G; cat /proc/self/uid_map; exit 7')
      expect(lines.slice(0, 2)).toEqual(['65534', '65534'])
      const theirs = said(method, [join], 'id -u; id -g; grep CapEff /proc/self/status | tr -d 0')
      expect(theirs.lines.slice(0, 2)).toEqual(['0', '0'])
      expect(theirs.lines[2]).toMatch(/1?f+$/)
    } finally {
      process.kill(inside.pid, 'SIGKILL')
      release(inside)
    }
  })

  it('passes signals on to a program that has become somebody else', () => {
    const map = [{inner: 0, outer: 100_000, count: 1000}]
    const steps: Step[] = [
      {...unshare('user', 'pid'), users: map, groups: map},
      {kind: 'init'},
      {kind: 'setuid', uid: 5},
    ]
    const spawned = spawnPlan(
      planFor('/bin/sleep', {args: ['600'], steps}),
      method,
      method === 'zygote' ? zygote : undefined,
    )
    process.kill(spawned.pid, 'SIGTERM')
    release(spawned)
  })

  it('of another time namespace is refused where memory is shared', () => {
    if (method === 'fork' || method === 'zygote') {
      expect(foreign(method, [joined('time')])).toEqual(['time'])
      return
    }
    expect(() => said(method, [joined('time')], 'true')).toThrow(
      expect.objectContaining({code: 'E_REFUSED', next: expect.stringContaining('--method fork')}),
    )
  })
})

interface Fault {
  readonly step: Step
  readonly before?: readonly Step[]
  readonly syscall: keyof typeof numbers
}

const faults: readonly Fault[] = [
  {step: unshare('net'), syscall: 'unshare'},
  {step: {kind: 'join', targets: [{pid: process.pid, namespaces: ['net']}]}, syscall: 'setns'},
  {step: {kind: 'join', targets: [{pid: process.pid, namespaces: ['net']}]}, syscall: 'pidfd_open'},
  {step: {kind: 'hostname', name: 'box'}, before: [unshare('uts')], syscall: 'sethostname'},
  {step: {kind: 'loopback'}, before: [unshare('net')], syscall: 'socket'},
  {step: {kind: 'root', path: '/usr', by: 'chroot'}, syscall: 'chroot'},
  {step: {kind: 'root', path: '/usr', by: 'pivot_root'}, before: [unshare('mount')], syscall: 'pivot_root'},
  ...(['open_tree', 'mount_setattr', 'move_mount'] as const).map(
    (syscall): Fault => ({
      step: {kind: 'mounts', mounts: [{type: 'bind', source: '/usr', target: '/mnt', readOnly: true}]},
      before: [unshare('mount')],
      syscall,
    }),
  ),
  ...(['fsopen', 'fsconfig', 'fsmount'] as const).map(
    (syscall): Fault => ({
      step: {kind: 'mounts', mounts: [{type: 'tmpfs', target: '/mnt'}]},
      before: [unshare('mount')],
      syscall,
    }),
  ),
]

describe.skipIf(!has.unshare).each(capable)('%s names the step when # needs root and namespaces', method => {
  it.each(faults)('$syscall is refused to $step.kind', ({step, before = [], syscall}) => {
    const straits = {refusals: [{number: numbers[syscall], errno: EPERM}]}
    const {error} = spawnUnder(straits, method, planFor('/bin/true', {steps: [...before, step]}))
    expect(error).toMatchObject({
      code: 'E_STEP',
      exitCode: 125,
      failure: {stage: 'step', step: step.kind, syscall, errno: 'EPERM', method},
    })
  })
})
