import {describe, expect, it} from 'vitest'
import {methods} from '../../src/methods/method.js'
import type {Timeline} from '../../src/methods/timeline.js'
import {runCli} from '../helpers/run-cli.js'

const ownChild = methods.filter(method => method !== 'posix_spawn')

async function timed(words: readonly string[]): Promise<{timeline: Timeline; status: number | null; stdout: string}> {
  const {status, stdout, stderr} = await runCli(['exec', '--timeline-json', ...words])
  const line = stderr.split('\n').find(text => text.startsWith('{"timeline"'))
  return {...JSON.parse(line ?? '{}'), status, stdout}
}

const kinds = ({events}: Timeline) => events.map(({kind}) => kind)
const steps = ({events}: Timeline) => events.filter(({kind}) => kind === 'step').map(({what}) => what)

describe('--timeline-json', () => {
  it.each(ownChild)('%s: has every step, execve, the caller and the end, in the order of time', async method => {
    const {timeline, status, stdout} = await timed(['-m', method, '--cwd', '/', '--nice', '1', '--', 'echo', 'hi'])
    expect({status, stdout}).toEqual({status: 0, stdout: 'hi\n'})
    expect(timeline.method).toBe(method)
    expect(timeline.pid).toBeGreaterThan(0)
    const caughtUp = method === 'zygote' ? ['chdir', 'umask'] : []
    expect(steps(timeline)).toEqual([...caughtUp, 'sigdefault', 'nice', 'chdir', 'descriptors', 'sigmask'])
    for (const kind of ['create', 'begin', 'execve', 'resume', 'exit'] as const) expect(kinds(timeline)).toContain(kind)
    const times = timeline.events.map(({atNs}) => atNs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    const own = timeline.events.filter(({kind}) => kind === 'step' || kind === 'execve')
    expect(own.every(({durationNs = -1}) => durationNs > 0)).toBe(true)
    expect(timeline.events.at(-1)).toMatchObject({kind: 'exit', what: 'exit 0'})
  })

  it('posix_spawn: has what the caller sees', async () => {
    const {timeline} = await timed(['-m', 'posix_spawn', '--', 'sh', '-c', 'kill -TERM $$'])
    expect(kinds(timeline)).toEqual(['create', 'resume', 'exit'])
    expect(timeline.events.at(-1)?.what).toBe('SIGTERM')
  })

  it.each(ownChild)('%s: ends at the step that failed', async method => {
    const {timeline, status} = await timed(['-m', method, '--cwd', '/no/such/place', '--', 'true'])
    expect(status).toBe(125)
    expect(steps(timeline).at(-1)).toBe('chdir')
    expect(timeline.events.find(({kind}) => kind === 'fail')).toMatchObject({from: 'child', errno: 'ENOENT'})
    expect(kinds(timeline)).not.toContain('exit')
    expect(kinds(timeline)).not.toContain('execve')
  })

  it.each(ownChild)('%s: shows an execve that failed', async method => {
    const {timeline, status} = await timed(['-m', method, '--', '/no/such/program'])
    expect(status).toBe(127)
    expect(timeline.events.find(({kind}) => kind === 'execve')?.durationNs).toBeGreaterThan(0)
    expect(timeline.events.find(({kind}) => kind === 'fail')?.errno).toBe('ENOENT')
  })

  it('comes from the keeper where there is one', async () => {
    const {timeline} = await timed(['-m', 'clone', '--kill-tree', '--', 'true'])
    expect(timeline.events[0]).toMatchObject({kind: 'create', from: 'keeper'})
    expect(timeline.events.at(-2)).toMatchObject({kind: 'exit', to: 'keeper'})
    expect(timeline.events.at(-1)).toMatchObject({kind: 'tree', from: 'keeper'})
  })

  it('tells when a signal was sent and when nothing was left', async () => {
    const words = [
      '--timeout',
      '100ms',
      '--kill-after',
      '100ms',
      '--kill-tree',
      '--',
      'sh',
      '-c',
      'trap "" INT; sleep 9; sleep 9',
    ]
    const {timeline, status} = await timed(['-m', 'clone', '--signal', 'INT', ...words])
    expect(status).toBe(137)
    const after = timeline.events.slice(timeline.events.findIndex(({kind}) => kind === 'signal'))
    expect(after.map(({kind, from, what}) => [kind, from, what])).toEqual([
      ['signal', 'keeper', 'SIGINT'],
      ['signal', 'keeper', 'SIGKILL'],
      ['exit', 'kernel', 'SIGKILL'],
      ['tree', 'keeper', 'end tree'],
    ])
  })

  it('tells that posix_spawn failed, and of no child', async () => {
    const {timeline} = await timed(['-m', 'posix_spawn', '--', '/no/such/program'])
    expect(timeline).toMatchObject({pid: null, syscall: null})
    expect(timeline.events.at(-1)).toMatchObject({kind: 'resume', what: 'fails', errno: 'ENOENT'})
  })

  it('follows a second process', async () => {
    const {timeline, status} = await timed(['-m', 'clone', '--unshare', 'user,pid', '--init', '--', 'true'])
    if (status !== 0) return expect(timeline.events.some(({kind}) => kind === 'fail')).toBe(true)
    const from = timeline.events.filter(({kind}) => kind === 'step').map(event => event.from)
    expect([...new Set(from)]).toEqual(['child', 'second child'])
    expect(timeline.events.find(({kind}) => kind === 'execve')?.from).toBe('second child')
    const births = timeline.events.filter(({kind}) => kind === 'create' || kind === 'begin')
    expect(births.map(({from, to}) => `${from} ${to}`)).toEqual([
      'caller kernel',
      'kernel child',
      'child kernel',
      'kernel second child',
    ])
    expect(timeline.events.find(({what}) => what === 'spawnctl-init')).toMatchObject({kind: 'execve', from: 'child'})
    const [made, next] = [timeline.events.find(({what}) => what === 'clone'), steps(timeline).lastIndexOf('pdeathsig')]
    const before = timeline.events.filter(({kind, atNs}) => kind === 'step' && atNs < (made?.atNs ?? 0)).at(-1)
    expect((before?.atNs ?? 0) + (before?.durationNs ?? 0)).toBeLessThanOrEqual(made?.atNs ?? 0)
    expect(next).toBeGreaterThan(0)
  })
})

describe('--timeline', () => {
  const draw = (env: Record<string, string>) =>
    runCli(['exec', '--timeline', '-m', 'clone', '--', 'echo', 'hi'], {env: {LC_ALL: '', LC_CTYPE: '', ...env}})

  it('draws on standard error after the program’s own output', async () => {
    const {stdout, stderr} = await draw({LANG: 'C.UTF-8'})
    expect(stdout).toBe('hi\n')
    expect(stderr).toMatch(/^pid \d+ by clone: clone/)
    expect(stderr).toMatch(/caller +kernel +child\n/)
    expect(stderr).toMatch(/├─+ clone3? ─+▶│\n/)
    expect(stderr).toMatch(/│◀─+ exit 0 ─+┤\n\n┊ sleeps until its call returns\n$/)
    expect(stderr).not.toContain('\x1b')
  })

  it('draws with ASCII where the locale has no more', async () => {
    const {stderr} = await draw({LANG: 'C'})
    expect(stderr).toMatch(/\|<-+ exit 0 -+\|\n\n: sleeps .*\n$/)
    expect(stderr).toMatch(/^[\x20-\x7e\n]+$/)
  })

  it('fits a terminal of 80 columns', async () => {
    const words = ['exec', '--timeline', '-m', 'zygote', '--cwd', '/', '--setsid', '--umask', '77', '--', 'true']
    const {stderr} = await runCli(words, {env: {LC_ALL: 'C.UTF-8'}})
    expect(Math.max(...stderr.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  })

  it('leaves the error to be read after it', async () => {
    const {stderr} = await runCli(['exec', '--timeline', '-m', 'fork', '--', '/no/such/program'])
    expect(stderr).toMatch(/ENOENT\n.*\nspawnctl: \/no\/such\/program/)
  })
})
