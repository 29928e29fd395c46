import {constants} from 'node:os'
import {describe, expect, it} from 'vitest'
import type {Finding} from '../../src/doctor/examine.js'
import {groups} from '../../src/doctor/examine.js'
import {has} from '../helpers/needs.js'
import {runCli, runShell} from '../helpers/run-cli.js'
import {runRefused} from '../helpers/run-refused.js'

const {ENOSYS, EPERM, ENOSPC} = constants.errno
const isX64 = process.arch === 'x64'
const numbers = {
  clone3: 435,
  close_range: 436,
  pidfd_open: 434,
  unshare: isX64 ? 272 : 97,
  waitid: isX64 ? 247 : 95,
  mkdirat: isX64 ? 258 : 34,
  seccomp: isX64 ? 317 : 277,
  setns: isX64 ? 308 : 268,
  execveat: isX64 ? 322 : 281,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsmount: 432,
  mount_setattr: 442,
} as const

interface Found extends Pick<Finding, 'id' | 'group' | 'title' | 'essential'> {
  state: string
  evidence: string
  detail?: string
  errno?: string
  consequence?: string
  advice?: string
}

function finding(stdout: string, id: string): Found {
  const found = (JSON.parse(stdout).findings as Found[]).find(candidate => candidate.id === id)
  if (found === undefined) throw new Error(`no finding ${id} in ${stdout}`)
  return found
}

describe('doctor', () => {
  it('prints every group, and says in the end how it stands', async () => {
    const {status, stdout, stderr} = await runCli(['doctor'])
    expect(stderr).toBe('')
    for (const {title, probes} of groups) {
      expect(stdout).toContain(`\n${title}\n`)
      for (const probe of probes)
        expect(stdout).toMatch(new RegExp(`^ {2}\\S ${probe.title.replaceAll('.', '\\.')}`, 'm'))
    }
    expect(stdout).toMatch(/\n(exec works here|All is well)/)
    expect(status).toBe(0)
  })

  it('prints the documented object', async () => {
    const {status, stdout} = await runCli(['doctor', '--json'])
    expect(status).toBe(0)
    const examination = JSON.parse(stdout)
    expect(Object.keys(examination)).toEqual(['well', 'machine', 'findings'])
    expect(examination.well).toBe(true)
    expect(Object.keys(examination.machine)).toEqual(['kernel', 'arch', 'node', 'uid'])
    expect(examination.findings.map(({id}: Found) => id)).toEqual(
      groups.flatMap(({probes}) => probes.map(({id}) => id)),
    )
    for (const found of examination.findings as Found[]) {
      expect(found).toMatchObject({essential: expect.any(Boolean), evidence: expect.any(String)})
      if (found.state === 'works') expect(found).not.toHaveProperty('consequence')
      else expect(found).toMatchObject({consequence: expect.any(String), advice: expect.any(String)})
    }
  })

  it('shows what was seen when asked to', async () => {
    const {stdout} = await runCli(['doctor', '--verbose'])
    expect(stdout).toContain('      seen: what the child wrote was seen by its parent')
  })

  it('draws its marks with ASCII where the locale is not UTF-8', async () => {
    const {stdout} = await runCli(['doctor'], {env: {LC_ALL: 'C'}})
    expect(stdout).toMatch(/^ {2}\+ the native core$/m)
    expect(stdout).not.toMatch(/[✓✗–]/)
  })

  it('refuses an option that it does not have, with exit 2', async () => {
    const {status, stdout, stderr} = await runCli(['doctor', '--bogus'])
    expect({status, stdout}).toEqual({status: 2, stdout: ''})
    expect(stderr).toContain('--bogus')
  })
})

describe.each([
  {call: 'clone3', id: 'clone3', method: 'clone', by: 'clone'},
  {call: 'close_range', id: 'close-range', method: 'clone', by: 'clone3'},
  {call: 'pidfd_open', id: 'pidfd-open', method: 'fork', by: 'fork (libc)'},
] as const)('under a seccomp filter that refuses $call', ({call, id, method, by}) => {
  describe.each([
    {errno: ENOSYS, name: 'ENOSYS'},
    {errno: EPERM, name: 'EPERM'},
  ])('with $name', ({errno, name}) => {
    const refusals = [{number: numbers[call], errno}]

    it('doctor tells it, and what is done instead', async () => {
      const {status, stdout} = await runRefused(refusals, ['doctor', '--json'])
      expect(finding(stdout, id)).toMatchObject({state: 'refused', errno: name, advice: expect.stringContaining(call)})
      expect(finding(stdout, `method-${method}`)).toMatchObject({state: 'works', detail: `by ${by}`})
      expect(finding(stdout, 'unfiltered')).toMatchObject({state: 'refused'})
      expect(status).toBe(0)
    })

    it('exec works, and names what it used', async () => {
      const listing = ['exec', '--method', method, '--json', '--', 'ls', '/proc/self/fd']
      const {status, stdout, stderr} = await runRefused(refusals, listing)
      expect(status).toBe(0)
      expect(stdout.trim().split('\n')).toEqual(['0', '1', '2', '3'])
      expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!)).toMatchObject({method, syscall: by, exitCode: 0})
    })
  })
})

describe('under a seccomp filter that refuses what libc makes posix_spawn of', () => {
  const refusals = [{number: numbers.clone3, errno: EPERM}]

  it('auto goes on to clone, and says so', async () => {
    const {status, stderr} = await runRefused(refusals, ['exec', '--verbose', 'true'])
    expect(stderr).toMatch(/posix_spawn is refused here \(EPERM\): method clone instead\n.*by clone: clone;/)
    expect(status).toBe(0)
  })

  it('posix_spawn itself is not replaced when it is asked for, and the error points to doctor', async () => {
    const {status, stderr} = await runRefused(refusals, ['exec', '--method', 'posix_spawn', 'true'])
    expect(stderr).toContain('next: spawnctl doctor')
    expect(status).toBe(126)
  })
})

describe('where user namespaces are refused', () => {
  it('by a limit, doctor says what to do', async () => {
    const {status, stdout} = await runRefused([{number: numbers.unshare, errno: ENOSPC}], ['doctor', '--json'])
    expect(finding(stdout, 'user-namespace')).toMatchObject({
      state: 'refused',
      errno: 'ENOSPC',
      advice: expect.stringContaining('user.max_user_namespaces'),
    })
    expect(finding(stdout, 'net-namespace')).toMatchObject({state: 'refused', errno: 'ENOSPC'})
    expect(status).toBe(0)
  })

  it.skipIf(!has.userNamespaces)(
    'to unshare alone, doctor names the way that is left # needs user namespaces',
    async () => {
      const refusals = [{number: numbers.unshare, errno: EPERM}]
      const {status, stdout} = await runRefused(refusals, ['doctor', '--json'])
      for (const id of ['user-namespace', 'net-namespace', 'pid-namespace'])
        expect(finding(stdout, id)).toMatchObject({
          state: 'works',
          detail: expect.stringContaining('by clone'),
          evidence: expect.stringMatching(/^unshare\(CLONE_NEW\w+\): .*EPERM.*; clone3?\(.*CLONE_NEWPID.*\) works$/),
        })
      for (const id of ['cgroup-namespace', 'time-namespace'])
        expect(finding(stdout, id)).toMatchObject({state: 'refused', errno: 'EPERM'})
      expect(status).toBe(0)
      const words = ['exec', '--unshare', 'user,pid,net', '--map-root-user', 'true']
      expect(await runRefused(refusals, words)).toMatchObject({status: 0})
    },
  )
})

describe('under a filter that kills', () => {
  it('a probe is killed, and doctor lives', async () => {
    const {status, stdout} = await runRefused([{number: numbers.mkdirat, errno: 0}], ['doctor', '--json'])
    expect(finding(stdout, 'user-namespace').state).toBe('works')
    const {state, evidence} = finding(stdout, 'cgroup-delegation')
    if (evidence !== 'no cgroup2 file system is mounted')
      expect({state, evidence}).toEqual({state: 'refused', evidence: expect.stringContaining('killed by SIGSYS')})
    expect(status).toBe(0)
  })

  it('what exec cannot do without is missing: exit 1', async () => {
    const {status, stdout} = await runRefused([{number: numbers.waitid, errno: 0}], ['doctor', '--json'])
    expect(JSON.parse(stdout).well).toBe(false)
    expect(finding(stdout, 'method-clone')).toMatchObject({essential: true, state: 'refused'})
    expect(finding(stdout, 'waitid-pidfd').evidence).toContain('killed by SIGSYS')
    expect(status).toBe(1)
  })

  it('the text says in the end what is to be cured', async () => {
    const {stdout} = await runRefused([{number: numbers.waitid, errno: 0}], ['doctor'])
    expect(stdout).toMatch(/\n {2}✗ --method clone +refused\n/)
    expect(stdout).toMatch(
      /✗ exec cannot do its work here before this is cured: --method clone; children\s+are left to be reaped\.\n$/,
    )
  })
})

describe.each([
  {call: 'setns', ids: ['setns', 'setns-pidfd']},
  {call: 'execveat', ids: ['execveat']},
  {call: 'open_tree', ids: ['open-tree']},
  {call: 'move_mount', ids: ['move-mount']},
  {call: 'fsopen', ids: ['fsopen']},
  {call: 'fsmount', ids: ['fsmount']},
  {call: 'mount_setattr', ids: ['mount-setattr']},
  {call: 'seccomp', ids: ['seccomp']},
] as const)('under a filter that refuses $call', ({call, ids}) => {
  it('doctor says of whom it is to be had', async () => {
    const {status, stdout} = await runRefused([{number: numbers[call], errno: EPERM}], ['doctor', '--json'])
    const advice = process.getuid?.() === 0 ? expect.stringContaining(`profile allow ${call}`) : expect.any(String)
    for (const id of ids) expect(finding(stdout, id)).toMatchObject({state: 'refused', errno: 'EPERM', advice})
    expect(status).toBe(0)
  })
})

describe('where no end of a child is told', () => {
  it('because a filter refuses waitid, doctor says that exec loses it: exit 1', async () => {
    const {status, stdout} = await runRefused([{number: numbers.waitid, errno: EPERM}], ['doctor', '--json'])
    expect(finding(stdout, 'reaping')).toMatchObject({
      essential: true,
      state: 'refused',
      errno: 'EPERM',
      consequence: expect.stringContaining('exit code is lost'),
      advice: expect.stringContaining('profile allow waitid'),
    })
    expect(status).toBe(1)
  })
})

describe('without /proc', () => {
  const script =
    'exec unshare --user --map-root-user --mount sh -c \'mount -t tmpfs none /proc && exec "$NODE" "$CLI" doctor --json\''

  it.skipIf(!has.userNamespaces)('nothing is said of what only /proc tells # needs user namespaces', async () => {
    const {status, stdout} = await runShell(script)
    expect(finding(stdout, 'proc')).toMatchObject({state: 'missing', advice: 'mount -t proc proc /proc'})
    const ids = ['capabilities', 'unfiltered', 'new-privileges', 'limit-processes', 'limit-pids', 'cgroup2']
    for (const id of [...ids, 'user-namespace', 'overcommit', 'cgroup-memory'])
      expect(finding(stdout, id)).toMatchObject({state: 'unknown', advice: 'mount -t proc proc /proc'})
    expect(status).toBe(0)
  })
})

describe('in a user namespace', () => {
  it.skipIf(!has.userNamespaces)(
    'rights over the machine have to come from outside # needs user namespaces',
    async () => {
      const {stdout} = await runShell('exec unshare --user --map-root-user "$NODE" "$CLI" doctor --json')
      expect(finding(stdout, 'raise-priority')).toMatchObject({
        state: 'refused',
        advice: 'CAP_SYS_NICE has to be held outside of this user namespace: start spawnctl there',
      })
      expect(finding(stdout, 'limit-processes').detail).not.toContain('does not bind')
    },
  )
})

describe('where a user may have no more threads', () => {
  /** A new user every time: the limit counts all that the user has, and the ended that nobody has waited for, too. */
  let loner = 61_300
  const asLoner = () => `exec setpriv --reuid ${++loner} --regid ${loner} --clear-groups`
  const countThreads = `fs.stat('/', () => console.log(fs.readdirSync('/proc/self/task').length))`

  it.skipIf(!has.rootAndOpenTree).each([
    ['gives no answer', 4, (own: number) => `${own} of ${own + 4} processes and threads of this user (RLIMIT_NPROC)`],
    ['cannot be created', 0, (own: number) => `limit of ${own} processes and threads (RLIMIT_NPROC)`],
  ])('a spawnctl that %s is not known to work, and nothing is missing # needs root', async (_, more, evidence) => {
    const own = Number((await runShell(`${asLoner()} "$NODE" -e "${countThreads}"`)).stdout)
    const limited = await runShell(`${asLoner()} prlimit --nproc=${own + more} "$NODE" "$CLI" doctor --json`)
    expect(limited.status, limited.stderr).toBe(0)
    for (const id of ['method-clone', 'method-fork'])
      expect(finding(limited.stdout, id)).toMatchObject({
        state: 'unknown',
        errno: 'EAGAIN',
        evidence: expect.stringContaining(evidence(own)),
        advice: expect.stringContaining('ulimit -u'),
      })
    expect(JSON.parse(limited.stdout).well).toBe(true)
  })
})

describe('where there are too few descriptors to load it', () => {
  it.each([22, 30, 40, 60])('the command says so in the usual three lines: %i', async most => {
    const {status, stdout, stderr} = await runShell(`exec prlimit --nofile=${most}:${most} "$NODE" "$CLI" doctor`)
    expect({status, stdout}).toEqual({status: 1, stdout: ''})
    expect(stderr).toMatch(
      new RegExp(
        `^spawnctl: the command cannot be loaded: too many open files.*\\nwhy: {2}RLIMIT_NOFILE is ${most}, .*\\nnext: ulimit -n .*\\n$`,
      ),
    )
  })
})

describe('as an ordinary user', () => {
  const as = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$NODE" "$CLI" doctor'

  it.skipIf(!has.rootAndOpenTree)('it tells which rights are lacking, and what still works # needs root', async () => {
    const {status, stdout} = await runShell(`${as} --json`)
    expect(JSON.parse(stdout)).toMatchObject({well: true, machine: {uid: 65534}})
    expect(finding(stdout, 'capabilities')).toMatchObject({state: 'works', detail: 'none'})
    expect(finding(stdout, 'change-user')).toMatchObject({
      state: 'refused',
      errno: 'EPERM',
      advice: expect.stringContaining('--map-users auto --map-groups auto'),
    })
    expect(finding(stdout, 'method-clone')).toMatchObject({state: 'works'})
    if (finding(stdout, 'user-namespace').state === 'works')
      expect(finding(stdout, 'mount-namespace')).toMatchObject({
        state: 'works',
        detail: 'together with --unshare user',
        evidence: 'alone unshare(CLONE_NEWNS): operation not permitted (EPERM); together with CLONE_NEWUSER it works',
      })
    expect(status).toBe(0)
  })
})
