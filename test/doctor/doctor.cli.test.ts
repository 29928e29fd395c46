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
  it.each([
    {errno: ENOSPC, name: 'ENOSPC', advice: 'user.max_user_namespaces'},
    {errno: EPERM, name: 'EPERM', advice: 'let the seccomp profile allow unshare'},
  ])('by $name, doctor says what to do', async ({errno, name, advice}) => {
    const {status, stdout} = await runRefused([{number: numbers.unshare, errno}], ['doctor', '--json'])
    expect(finding(stdout, 'user-namespace')).toMatchObject({
      state: 'refused',
      errno: name,
      advice: expect.stringContaining(advice),
    })
    expect(finding(stdout, 'net-namespace')).toMatchObject({state: 'refused', errno: name})
    expect(status).toBe(0)
  })
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
    expect(stdout).toMatch(/✗ exec cannot do its work here before this is cured: --method clone\.\n$/)
  })
})

describe('as an ordinary user', () => {
  const as = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$NODE" "$CLI" doctor'

  it.skipIf(!has.rootAndOpenTree)('it tells which rights are lacking, and what still works # needs root', async () => {
    const {status, stdout} = await runShell(`${as} --json`)
    expect(JSON.parse(stdout)).toMatchObject({well: true, machine: {uid: 65534}})
    expect(finding(stdout, 'capabilities')).toMatchObject({state: 'works', detail: 'none'})
    expect(finding(stdout, 'change-user')).toMatchObject({state: 'refused', errno: 'EPERM'})
    expect(finding(stdout, 'method-clone')).toMatchObject({state: 'works'})
    if (finding(stdout, 'user-namespace').state === 'works')
      expect(finding(stdout, 'net-namespace')).toMatchObject({state: 'works', detail: 'together with --unshare user'})
    expect(status).toBe(0)
  })
})
