import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, readFileSync, readlinkSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {explainNamespaces} from '../../src/methods/diagnosis/namespaces.js'
import {methods} from '../../src/methods/method.js'
import type {Step} from '../../src/plan/step.js'
import {has} from '../helpers/needs.js'
import {type CliRun, childrenOf, runCli, runShell, startCli, until} from '../helpers/run-cli.js'

const capable = methods.filter(method => method !== 'posix_spawn')
const container = '--unshare user,pid,mount,net,uts,ipc --map-root-user --mount-proc --hostname box --loopback'.split(
  ' ',
)
const stranger = 'setpriv --reuid 61234 --regid 61234 --clear-groups'.split(' ')
const hasPing = spawnSync('ping', ['-V']).status === 0

/** As a user without privileges, who has no name. */
function asStranger(words: readonly string[]): Promise<CliRun> {
  return runShell('exec "$@"', [...stranger, process.execPath, 'bin/spawnctl.cjs', 'exec', ...words])
}

/** id, the host's name, all processes, and whether loopback answers. */
const script = `id -u; hostname; ps -e -o pid=,comm=; ${hasPing ? 'ping -c1 -W5 127.0.0.1 >/dev/null && echo answers' : 'echo answers'}`

function expectContainer({status, stdout, stderr}: CliRun): void {
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  const [user, host, ...rest] = stdout.trim().split('\n')
  expect([user, host, rest.at(-1)]).toEqual(['0', 'box', 'answers'])
  expect(rest.slice(0, -1).map(line => line.trim().replace(/^\d+ /, ''))).toEqual(['sh', 'ps'])
  expect(rest[0]?.trim()).toBe('1 sh')
}

const ping = hasPing ? '' : ' (without ping # ping is not installed)'

describe.each(capable)(`a container by exec --method %s${ping}`, method => {
  const words = ['--method', method, ...container, '--', 'sh', '-c', script]

  it.skipIf(!has.userNamespaces)('is one # needs user namespaces', async () => {
    expectContainer(await runCli(['exec', ...words]))
  })

  it.skipIf(!has.userNamespaces || !has.rootAndOpenTree)(
    'is one for an ordinary user # needs root, user namespaces, and a tree that others may enter',
    async () => {
      expectContainer(await asStranger(words))
    },
  )

  it.skipIf(!has.userNamespaces || !has.rootAndOpenTree)(
    'is refused with the name of the sysctl # needs root, user namespaces, and a tree that others may enter',
    async () => {
      const inside = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"'
      const spawnctl = [process.execPath, 'bin/spawnctl.cjs', 'exec', ...words]
      const outer = ['unshare', '--map-root-user', 'sh', '-c', inside, 'sh', ...spawnctl]
      const {status, stderr} = await runShell('exec "$@"', [...stranger, ...outer])
      expect(status).toBe(125)
      expect(stderr).toContain('housekeeping failed at "new namespaces user,mount,uts,ipc,pid,net')
      expect(stderr).toContain('user.max_user_namespaces is 0')
      expect(stderr).toContain('next: sysctl -w user.max_user_namespaces=')
    },
  )
})

describe('an ordinary user', () => {
  it.skipIf(!has.rootAndOpenTree).each(capable)(
    'without a user namespace is told to add one: %s # needs root, and a tree that others may enter',
    async method => {
      const {status, stderr} = await asStranger(['--method', method, '--unshare', 'net', 'true'])
      expect(status).toBe(125)
      expect(stderr).toContain('operation not permitted (EPERM)')
      expect(stderr).toContain('next: add user to it: --unshare user,net --map-root-user')
    },
  )

  it.skipIf(!has.rootAndOpenTree || !has.userNamespaces)(
    'is told what a map of many ids needs # needs root, user namespaces, and a tree that others may enter',
    async () => {
      const {status, stderr} = await asStranger(['--unshare', 'user', '--map-users', '0:100000:10', 'true'])
      expect(status).toBe(125)
      expect(stderr).toContain('newuidmap')
      expect(stderr).toMatch(/next: .*--map-root-user/)
    },
  )
})

describe('root without a capability', () => {
  it.skipIf(!has.root)('is told which, and not sent to sudo # needs root', async () => {
    const words = 'exec setpriv --bounding-set -sys_chroot "$NODE" "$CLI" exec --chroot / true'
    const {status, stderr} = await runShell(words)
    expect(status).toBe(125)
    expect(stderr).toContain('why:  root lacks CAP_SYS_CHROOT here; ')
    expect(stderr).toContain('--cap-add SYS_CHROOT')
    expect(stderr).not.toContain('sudo')
  })
})

const rights = ['--', 'grep', '-E', '^Cap(Eff|Bnd|Amb)', '/proc/self/status']
const all = 2n ** BigInt(Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8')) + 1) - 1n
const sets = (...values: readonly bigint[]) =>
  ['CapEff', 'CapBnd', 'CapAmb'].map((name, i) => `${name}:\t${values[i]?.toString(16).padStart(16, '0')}\n`).join('')
const [NET_ADMIN, NET_RAW] = [1n << 12n, 1n << 13n]

describe('rights in a user namespace', () => {
  it.skipIf(!has.rootAndOpenTree || !has.userNamespaces).each([
    ['--map-root-user --ambient-caps net_admin', sets(all, all, NET_ADMIN)],
    ['--map-current-user --ambient-caps net_admin', sets(NET_ADMIN, all, NET_ADMIN)],
    ['--map-root-user --cap-drop all --cap-add net_raw', sets(NET_RAW, NET_RAW, NET_RAW)],
    ['--map-root-user --cap-drop net_raw --securebits noroot', sets(0n, all & ~NET_RAW, 0n)],
  ])(
    'are all there, whatever its user lacks outside: %s # needs root, user namespaces, and a tree that others may enter',
    async (words, seen) => {
      expect(await asStranger([...words.split(' '), ...rights])).toMatchObject({status: 0, stderr: '', stdout: seen})
    },
  )

  it('are refused before there is a child where the map denies them', async () => {
    const {status, stderr} = await runCli(['exec', '--map-root-user', '--setgroups', 'deny', '--groups', '0', 'true'])
    expect(status).toBe(125)
    expect(stderr).toMatch(/^spawnctl: supplementary groups cannot be set where the new user namespace denies it\n/)
  })
})

describe('maps that cannot be written', () => {
  it.skipIf(!has.unshare)(
    'are an error like any other where /proc is that of other processes # needs root',
    async () => {
      const {status, stderr} = await runShell(
        'spawnctl exec --unshare pid -- "$NODE" "$CLI" exec --map-users 0:0:10 true',
      )
      expect(status).toBe(125)
      expect(stderr).toMatch(/^spawnctl: \/proc is that of another pid namespace\nwhy: .*\nnext: mount -t proc/)
    },
  )

  it.skipIf(!has.unshare)('are told as the kernel tells it # needs root', async () => {
    const inside = 'spawnctl exec --map-root-user -- "$NODE" "$CLI" exec --map-users 0:5:10 true'
    const {status, stderr} = await runShell(inside)
    expect(status).toBe(125)
    expect(stderr).toMatch(
      /^spawnctl: the uid map of the new user namespace cannot be written: .*\nwhy: .*\nnext: cat \/proc/,
    )
  })

  it.skipIf(!has.rootAndOpenTree)(
    'for want of a name are asked for by number # needs root, and a tree that others may enter',
    async () => {
      const {status, stderr} = await asStranger(['--map-users', 'auto', 'true'])
      expect(status).toBe(125)
      expect(stderr).toMatch(/^spawnctl: --map-users auto: \/etc\/subuid has no ids for uid 61234, which has no name\n/)
    },
  )
})

describe.skipIf(!has.unshare)('without /proc # needs root and namespaces', () => {
  it.each(['--kill-tree', '--timeout 5', '--rlimit core=:5', '--ambient-caps none', '--memory-max 50M'])(
    'what needs it says so: %s',
    async options => {
      const hide = 'mount --make-rprivate /; mount -t tmpfs none /proc; exec "$@"'
      const words = [process.execPath, 'bin/spawnctl.cjs', 'exec', ...options.split(' '), 'true']
      const {status, stderr} = await runShell(`exec unshare -m sh -c '${hide}' sh "$@"`, words)
      expect(status).toBe(125)
      expect(stderr).toMatch(/^spawnctl: .*\/proc\/.*\nwhy: {2}there is no proc .*\nnext: mount -t proc proc \/proc/)
    },
  )
})

describe('a program that is not there', () => {
  it.skipIf(!has.unshare)('is not looked for where its mounts cannot be seen # needs root and namespaces', async () => {
    const words = ['--unshare', 'mount', '--tmpfs', '/mnt', '--', '/mnt/program']
    const {status, stderr} = await runCli(['exec', ...words])
    expect(status).toBe(127)
    expect(stderr).toMatch(/^spawnctl: \/mnt\/program: no such file\nwhy: .* cannot be seen from here\n/)
  })
})

describe('rights of outside', () => {
  const words = ['--unshare', 'user,pid', '--map-root-user', '--nice=-5', 'nice']

  it.skipIf(!has.unshare)(
    'are gone where the user namespace begins first, and the error says so # needs root',
    async () => {
      const {status, stderr} = await runCli(['exec', '--method', 'clone', ...words])
      expect(status).toBe(125)
      expect(stderr).toContain('it needs a right of outside')
      expect(stderr).toContain('next: --method fork')
    },
  )

  it.skipIf(!has.unshare)('are used by what comes before the namespaces otherwise # needs root', async () => {
    expect(await runCli(['exec', '--method', 'fork', ...words])).toMatchObject({status: 0, stdout: '-5\n'})
  })
})

describe('what says no to user namespaces', () => {
  const step: Step = {kind: 'unshare', namespaces: ['user', 'net']}
  const mounts: Step = {kind: 'mounts', mounts: []}
  const where = (files: Record<string, string>) => (path: string) => files[path]

  it.each<[string, string, string, Step]>([
    ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'EPERM', step],
    ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1', 'EPERM', mounts],
    ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1', 'EACCES', step],
    ['/proc/sys/user/max_user_namespaces', '0', 'ENOSPC', step],
    ['/proc/sys/user/max_net_namespaces', '0', 'ENOSPC', step],
    ['/proc/sys/user/max_mnt_namespaces', '0', 'ENOSPC', {kind: 'unshare', namespaces: ['mount']}],
  ])('is named: %s', (file, value, errno, failed) => {
    const sysctl = file.replace('/proc/sys/', '').replaceAll('/', '.')
    const advice = explainNamespaces(failed, errno, where({[file]: value}))
    expect(advice?.why).toContain(`${sysctl} is ${value}`)
    expect(advice?.next).toContain(`sysctl -w ${sysctl}=`)
  })

  it.each<[string, Step, Record<string, string>]>([
    ['EPERM', step, {}],
    ['EPERM', step, {'/proc/sys/kernel/unprivileged_userns_clone': '1'}],
    ['EINVAL', step, {'/proc/sys/kernel/unprivileged_userns_clone': '0'}],
    ['EPERM', {kind: 'unshare', namespaces: ['net']}, {'/proc/sys/kernel/unprivileged_userns_clone': '0'}],
    ['ENOSPC', step, {'/proc/sys/user/max_user_namespaces': '100'}],
    ['EPERM', {kind: 'setuid', uid: 0}, {'/proc/sys/kernel/unprivileged_userns_clone': '0'}],
  ])('is not blamed for what it does not do: %s, %j, %j', (errno, failed, files) => {
    expect(explainNamespaces(failed, errno, where(files))).toBeUndefined()
  })
})

describe('a program under an init', () => {
  const words = ['exec', '--unshare', 'user,pid', '--map-root-user', '--init', '--']

  it.skipIf(!has.userNamespaces)('gets the signals that spawnctl gets # needs user namespaces', async () => {
    const trap = `trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.1; done`
    const running = startCli([...words, 'sh', '-c', trap])
    await running.untilStdout(/ready/)
    running.process.kill('SIGTERM')
    const {status, stdout} = await running.ended
    expect([status, stdout]).toEqual([3, 'ready\ngot it\n'])
  })

  it.skipIf(!has.userNamespaces)('dies of one that it does not catch # needs user namespaces', async () => {
    const running = startCli([...words, 'sh', '-c', 'echo ready; sleep 600'])
    await running.untilStdout(/ready/)
    running.process.kill('SIGTERM')
    expect((await running.ended).status).toBe(143)
  })
})

describe('spawnctl as process 1', () => {
  it.skipIf(!has.root).each(['fork', 'clone'])('passes signals on below an init, by %s # needs root', async method => {
    const trap = `trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.1; done`
    const inner = [
      process.execPath,
      'bin/spawnctl.cjs',
      'exec',
      '-m',
      method,
      '--unshare',
      'pid',
      '--',
      'sh',
      '-c',
      trap,
    ]
    const running = startCli(['exec', '-m', 'clone', '--unshare', 'pid,mount', '--mount-proc', '--', ...inner])
    await running.untilStdout(/ready/)
    running.process.kill('SIGTERM')
    expect(await running.ended).toMatchObject({status: 3, stdout: 'ready\ngot it\n'})
  })
})

describe('a second process', () => {
  const state = (pid: number) => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
  const child = (pid: number) => childrenOf(pid)[0] as number
  const words = ['exec', '--method', 'fork', '--unshare', 'user,pid', '--map-root-user', '--', 'sh', '-c']

  it.skipIf(!has.userNamespaces)('stops and goes on with the first # needs user namespaces', async () => {
    const running = startCli([...words, 'echo ready; read line; exit 4'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    await running.untilStdout(/ready/)
    const first = child(running.pid)
    const second = child(first)
    process.kill(second, 'SIGSTOP')
    await until('the first stops too', () => state(first) === 'T')
    process.kill(first, 'SIGCONT')
    await until('the second goes on', () => state(second) !== 'T')
    running.process.stdin?.end('\n')
    expect((await running.ended).status).toBe(4)
  })

  it.skipIf(!has.userNamespaces)('ends when the first is killed # needs user namespaces', async () => {
    const running = startCli([...words, 'echo ready; exec sleep 600'])
    await running.untilStdout(/ready/)
    const first = child(running.pid)
    const second = child(first)
    process.kill(first, 'SIGKILL')
    expect((await running.ended).status).toBe(137)
    await until('it is gone', () => !existsSync(`/proc/${second}`))
  })
})

describe('--join', () => {
  it.skipIf(!has.unshare)('takes all that differ from a process alone # needs root and namespaces', async () => {
    const words = ['exec', '--unshare', 'net,uts', '--hostname', 'there', '--', 'sh', '-c', 'echo $$; exec sleep 600']
    const running = startCli(words)
    await running.untilStdout(/\d+\n/)
    const pid = running.output().stdout.trim()
    try {
      const {stdout} = await runCli(['exec', '--join', pid, '--', 'sh', '-c', 'hostname; readlink /proc/self/ns/net'])
      expect(stdout.trim().split('\n')).toEqual(['there', readlinkSync(`/proc/${pid}/ns/net`)])
    } finally {
      running.process.kill('SIGTERM')
      await running.ended
    }
  })

  it.skipIf(!has.userNamespaces || !has.rootAndOpenTree).each([
    ['root', ['--map-root-user'], '0'],
    ['somebody else', ['--map-current-user'], '61234'],
  ])(
    'of a user namespace where one is %s lets one make another # needs root, user namespaces, and a tree that others may enter',
    async (_, map, outer) => {
      const holding = [...stranger, 'unshare', '--user', ...map, 'sh', '-c', 'echo; exec sleep 600']
      const holder = spawn('env', holding, {stdio: ['ignore', 'pipe', 'inherit']})
      await once(holder.stdout, 'data')
      try {
        const target = `/proc/${holder.pid}/ns/user`
        for (const join of [`${holder.pid}:user`, target]) {
          const ours = ['--join', join, '--unshare', 'user', '--map-root-user']
          const {stdout, stderr} = await asStranger([
            ...ours,
            '--',
            'sh',
            '-c',
            'id -u; echo $(cat /proc/self/uid_map)',
          ])
          expect({stdout, stderr}).toEqual({stdout: `0\n0 ${outer} 1\n`, stderr: ''})
        }
      } finally {
        holder.kill('SIGKILL')
      }
    },
  )

  it.each([
    ['/etc/passwd', '/etc/passwd is no namespace'],
    ['/no/such/file', 'the namespace /no/such/file cannot be opened'],
    ['4194303', '--join 4194303: ENOENT'],
    ['999999999', '--join 999999999: there is no such process'],
  ])('refuses %s', async (target, message) => {
    const {status, stderr} = await runCli(['exec', '--join', target, 'true'])
    expect(status).toBe(125)
    expect(stderr).toContain(message)
    expect(stderr).toContain('next: ')
  })
})
