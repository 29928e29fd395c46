import {execFileSync, execSync, spawnSync as run, spawn} from 'node:child_process'
import {chmodSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {runSync} from '../../dist/process/sync.js'
import {withSyncSpawn} from '../../dist/process/sync-seam.js'
import {children, openDescriptors, withFreeDescriptors} from '../helpers/change-caller.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {bothOutcomes, syncUnder} from '../helpers/sync.js'

const directory = openDirectory()
const file = (name: string) => join(directory.path, name)
const sh = (script: string, options: object = {}) => run('sh', ['-c', script], options)

beforeAll(() => {
  writeFileSync(file('plain'), 'text\n')
  writeFileSync(file('script'), '#!/no/such/interpreter\n', {mode: 0o755})
  writeFileSync(file('no-format'), 'echo from the shell "$1"\n', {mode: 0o755})
  mkdirSync(file('closed'), {mode: 0o700})
  mkdirSync(file('bin'))
  writeFileSync(file('bin/own'), '#!/bin/sh\necho own\n', {mode: 0o755})
  writeFileSync(file('bin/denied'), '')
  symlinkSync('loop', file('loop'))
  chmodSync(file('plain'), 0o644)
})
afterAll(() => directory.remove())

const inPath = {missing: 'no-such-program', own: 'own', denied: 'denied', relative: './own'}
const mebibyte = Buffer.alloc(1 << 20, 'input ')

/** The call, made with both engines. */
const calls: Readonly<Record<string, Readonly<Record<string, () => unknown>>>> = {
  'a program that cannot be run': {
    'is not there': () => run('/no/such/program', ['a', 'b']),
    'is not in PATH': () => run(inPath.missing),
    'is no file name at all': () => run('x'.repeat(5000)),
    'may not be executed': () => run(file('plain')),
    'is a directory': () => run(directory.path),
    'has a file in its path': () => run(file('plain/program')),
    'is a loop of links': () => run(file('loop')),
    'has no interpreter': () => run(file('script')),
    'is the shell’s to read': () => run(file('no-format'), ['word']),
    'is empty': () => run(''),
    'has a NUL in its name': () => run('a\0b'),
    'has a NUL in an argument': () => run('echo', ['a\0b']),
    'has an argument that is too long': () => run('echo', ['x'.repeat(200_000)]),
    'was asked for with wrong types': () => run('echo', 3 as never),
    'is in a PATH of its own': () => run(inPath.own, {env: {PATH: file('bin')}}),
    'is denied in a PATH of its own': () => run(inPath.denied, {env: {PATH: `${file('bin')}:/bin`}}),
    'is looked for in the usual places without a PATH': () => run('env', {env: {}}),
  },
  'a working directory': {
    'that is one': () => run('pwd', {cwd: '/usr'}),
    'that is a URL': () => run('pwd', {cwd: new URL('file:///usr')}),
    'that is not there': () => run('pwd', {cwd: '/no/such/directory'}),
    'that is a file': () => run('pwd', {cwd: file('plain')}),
    'to which the program is relative': () => run(inPath.relative, {cwd: file('bin')}),
    'that is empty': () => run('true', {cwd: ''}),
  },
  'input of': {
    nothing: () => run('cat'),
    'an empty string': () => run('cat', {input: ''}),
    'a string': () => run('cat', {input: 'grüße'}),
    'a string in another encoding': () => run('cat', {input: '00ff', encoding: 'hex'}),
    'a megabyte': () => run('cat', {input: mebibyte, maxBuffer: 2 << 20}),
    'a typed array': () => run('cat', {input: new Uint16Array([1, 2, 3])}),
    'a part of a buffer': () => run('cat', {input: new DataView(mebibyte.buffer, mebibyte.byteOffset + 2, 7)}),
    'a wrong type': () => run('cat', {input: 5 as never}),
    'a megabyte that nobody reads': () => run('true', {input: mebibyte}),
    'a megabyte that is read in part': () => sh('head -c 100000', {input: mebibyte}),
    'nothing where stdin is closed': () => sh('exec <&-; cat <&0 2>/dev/null'),
  },
  'output of': {
    nothing: () => run('true'),
    'both kinds': () => sh('echo out; echo err >&2'),
    'a large size': () => run('head', ['-c', '20000000', '/dev/zero'], {maxBuffer: 1 << 30}),
    'text in an encoding': () => sh('printf "gr\\303\\274\\303\\237e"', {encoding: 'utf8'}),
    'text in latin1': () => sh('printf "\\303\\274"', {encoding: 'latin1'}),
    'an encoding named buffer': () => sh('echo a', {encoding: 'buffer'}),
    'a grandchild that outlives the child': () => sh('(sleep 0.3; echo late) & echo early'),
    'a grandchild after which nothing comes': () => sh('(sleep 0.2; echo late >&2) 2>&1 >/dev/null & exit 4'),
  },
  'more than maxBuffer': {
    'by one': () => sh('printf 12345; exec sleep 60', {maxBuffer: 4}),
    'by nothing': () => sh('printf 1234', {maxBuffer: 4}),
    'where it is 0': () => sh('printf 1234', {maxBuffer: 0}),
    'where it is a fraction': () => sh('printf 1; exec sleep 60', {maxBuffer: 0.5}),
    'where it is infinite': () => sh('head -c 3000000 /dev/zero', {maxBuffer: Infinity}),
    'where it is negative': () => sh('printf 1', {maxBuffer: -1}),
    // Slowly: how much of a stream is there to be read at once is chance.
    'without end': () => sh('while :; do printf %020d 7; sleep 0.05; done', {maxBuffer: 90}),
    'of both pipes together': () => sh('printf 123; sleep 0.1; printf 456 >&2; exec sleep 60', {maxBuffer: 5}),
    'by a program that ignores the signal': () => sh('trap "" TERM; printf 12345; sleep 0.2; exit 3', {maxBuffer: 4}),
    'by a program that handles the signal': () =>
      sh('trap "exit 5" TERM; printf 12345; while :; do sleep 0.05; done', {maxBuffer: 4}),
    'after the child has ended': () => sh('(sleep 0.2; printf 12345) & exit 6', {maxBuffer: 4}),
    'with execFileSync': () => execFileSync('sh', ['-c', 'printf 12345; exec sleep 60'], {maxBuffer: 4}),
  },
  'a time limit': {
    'that is kept': () => run('true', {timeout: 60_000}),
    'that is not': () => run('sleep', ['60'], {timeout: 100}),
    'with output so far': () => sh('echo so far; sleep 60', {timeout: 300, encoding: 'utf8'}),
    'with SIGKILL for one that ignores SIGTERM': () =>
      sh('trap "" TERM; echo deaf; while :; do sleep 0.1; done', {timeout: 300, killSignal: 'SIGKILL'}),
    'that one ignores and ends later': () => sh('trap "" TERM; sleep 0.5; exit 7', {timeout: 100}),
    'with a signal by number': () => run('sleep', ['60'], {timeout: 100, killSignal: constants.signals.SIGUSR1}),
    'with an unknown signal': () => run('sleep', ['60'], {timeout: 100, killSignal: 'SIGWHAT' as never}),
    'of which a grandchild knows nothing': () => sh('sleep 1 & exit 8', {timeout: 200}),
    'that is negative': () => run('true', {timeout: -1}),
    'that is longer than a life': () => run('true', {timeout: Number.MAX_SAFE_INTEGER}),
    'with execSync': () => execSync('sleep 60', {timeout: 100}),
  },
  'the end': {
    'by a code': () => sh('exit 42'),
    'by the highest code': () => sh('exit 255'),
    'by SIGKILL': () => sh('kill -KILL $$'),
    'by SIGABRT': () => sh('ulimit -c 0; kill -ABRT $$'),
    'by SIGIO': () => sh('kill -IO $$'),
    'by a real-time signal': () => sh('kill -40 $$'),
    'of a shell': () => run('exit 3; echo', ['$0'], {shell: true}),
    'of another shell': () => run('echo $0', {shell: '/bin/bash'}),
  },
  'the child': {
    'has its own environment': () => run('env', {env: {A: '1', B: 'ü', EMPTY: '', GONE: undefined}}),
    'has an inherited environment': () => run('env'),
    'has another name': () => run('sh', ['-c', 'tr "\\0" " " </proc/$$/cmdline'], {argv0: 'other'}),
    'has its signals': () => run('grep', ['-E', 'Sig(Blk|Ign|Cgt)', '/proc/self/status'], {encoding: 'utf8'}),
    'has a session of its own when detached': () =>
      sh('test $(cut -d" " -f6 /proc/$$/stat) = $$; echo $?', {detached: true, encoding: 'utf8'}),
    'has sockets for pipes': () => sh('for fd in 0 1 2; do stat -L -c %F /proc/$$/fd/$fd; done', {encoding: 'utf8'}),
  },
  'a shell command': {
    'that succeeds': () => execSync('echo a | tr a b', {encoding: 'utf8'}),
    'that fails': () => execSync('echo no >&2; exit 9', {stdio: 'pipe'}),
    'that is not there': () => execSync(inPath.missing, {stdio: 'pipe'}),
    'with another shell that is not there': () => execSync('true', {shell: '/no/such/shell', stdio: 'pipe'}),
    'with input': () => execSync('cat', {input: 'a'}),
  },
  'a file': {
    'that succeeds': () => execFileSync('echo', ['a', 'b'], {encoding: 'utf8'}),
    'that fails': () => execFileSync('sh', ['-c', 'exit 2'], {stdio: 'pipe', argv0: 'other'} as object),
    'that is not there': () => execFileSync('/no/such/file', ['a']),
  },
}

describe.each(Object.entries(calls))('%s', (_, table) => {
  it.each(Object.entries(table))('%s', (__, call) => {
    const {node, ours} = bothOutcomes(call)
    expect(ours).toEqual(node)
  })
})

describe('stdio', () => {
  /** Each engine has files of its own, and what is in them afterwards is part of the outcome. */
  function withFile(stdio: (fd: number) => unknown[], script: string) {
    return () => {
      writeFileSync(file('target'), 'before\n')
      const fd = openSync(file('target'), 'r+')
      try {
        const result = sh(script, {stdio: stdio(fd), encoding: 'utf8'})
        return {...result, file: readFileSync(file('target'), 'utf8')}
      } finally {
        closeSync(fd)
      }
    }
  }

  it.each<[string, () => unknown]>([
    ['ignores all', () => sh('cat; echo a; echo b >&2', {stdio: 'ignore'})],
    ['ignores one', () => sh('echo a; echo b >&2', {stdio: ['ignore', 'pipe', 'ignore']})],
    ['ignores one beyond 2', () => sh('echo a >&3 && echo open', {stdio: ['pipe', 'pipe', 'pipe', 'ignore']})],
    ['pipes beyond 2', () => sh('echo a >&3; echo b >&5', {stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'ignore', 'pipe']})],
    ['pipes beyond 9', () => run('bash', ['-c', 'echo a >&9; echo b >&13'], {stdio: Array(14).fill('pipe')})],
    ['writes to a file', withFile(fd => ['ignore', fd, 'pipe'], 'echo a; echo b >&2')],
    ['writes to one file twice', withFile(fd => ['ignore', fd, fd], 'echo a; echo b >&2')],
    ['reads a file', withFile(fd => [fd, 'pipe', 'pipe'], 'cat')],
    ['has a file beyond 2', withFile(fd => ['ignore', 'pipe', 'pipe', fd], 'cat <&3; echo a >&3')],
    ['has a bad number', () => sh('true', {stdio: ['ignore', 12345, 'pipe']})],
    ['has a name that is none', () => sh('true', {stdio: 'what'})],
    ['has an ipc channel, which cannot be', () => sh('true', {stdio: ['pipe', 'pipe', 'pipe', 'ipc']})],
  ])('%s', (_, call) => {
    const {node, ours} = bothOutcomes(call)
    expect(ours).toEqual(node)
  })
})

describe.skipIf(!has.root)('another user # needs root', () => {
  it.each<[string, () => unknown]>([
    ['by uid', () => run('id', {uid: 12345, encoding: 'utf8'})],
    ['by gid', () => run('id', {gid: 12345, encoding: 'utf8'})],
    ['by both', () => run('id', {uid: 12345, gid: 54321, encoding: 'utf8'})],
    ['who may not run the program', () => run(file('closed/program'), {uid: 12345})],
    ['who is no user', () => run('id', {uid: 2 ** 31})],
    ['who is nobody at all', () => run('id', {uid: -1, encoding: 'utf8'})],
  ])('%s', (_, call) => {
    const {node, ours} = bothOutcomes(call)
    expect(ours).toEqual(node)
  })
})

describe('the caller', () => {
  it('has every descriptor and mapping back', () => {
    const ways: readonly (() => unknown)[] = [
      () => run(inPath.missing),
      () => run('true', {input: mebibyte}),
      () => run('sleep', ['60'], {timeout: 20}),
      () => run('head', ['-c', '300000', '/dev/zero'], {maxBuffer: 200_000}),
      () => run('true', {stdio: ['pipe', 'pipe', 12345]}),
    ]
    const state = () => ({descriptors: openDescriptors(), children: children()})
    for (const way of ways) bothOutcomes(way)
    const before = state()
    for (const way of ways) bothOutcomes(way)
    expect(state()).toEqual(before)
  })

  it('is level after a thousand calls', () => {
    const call = () =>
      withSyncSpawn(
        options => runSync(options).result,
        () => run('echo', ['a']),
      )
    for (let i = 0; i < 20; i++) call()
    const before = {descriptors: openDescriptors(), children: children()}
    for (let i = 0; i < 1000; i++) expect(call().status).toBe(0)
    expect({descriptors: openDescriptors(), children: children()}).toEqual(before)
  })

  it.each([0, 1, 5, 7, 12])('with %d descriptors left says so, or runs', free => {
    const call = () =>
      withFreeDescriptors(free, () =>
        withSyncSpawn(
          options => runSync(options).result,
          () => run('echo'),
        ),
      )
    call()
    const {error, status} = call()
    expect([error?.message, status]).toEqual(free < 12 ? ['spawnSync echo EMFILE', null] : [undefined, 0])
  })

  it('has a child of Node’s own beside, whose end is not missed', async () => {
    const other = spawn('sh', ['-c', 'exit 5'])
    const end = new Promise(resolve => other.on('close', resolve))
    const {status} = withSyncSpawn(
      options => runSync(options).result,
      () => run('sh', ['-c', 'sleep 0.2; exit 6']),
    )
    expect([status, await end]).toEqual([6, 5])
  })

  it('is any thread', async () => {
    const library = new URL('../../dist/index.js', import.meta.url).href
    const code = `
      import(${JSON.stringify(library)}).then(({spawnSync}) => {
        const {status, stdout} = spawnSync('cat', {input: 'from a worker', encoding: 'utf8'})
        require('node:worker_threads').parentPort.postMessage({status, stdout})
      })`
    const answers = await Promise.all(
      [1, 2].map(() => {
        const worker = new Worker(code, {eval: true})
        return new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject))
      }),
    )
    expect(answers).toEqual([1, 2].map(() => ({status: 0, stdout: 'from a worker'})))
  })

  it('may have standard streams that are handed down', () => {
    const library = new URL('../../dist/index.js', import.meta.url).href
    const code = `
      import {spawnSync} from ${JSON.stringify(library)}
      spawnSync('sh', ['-c', 'cat; echo err >&2'], {stdio: 'inherit'})
      spawnSync('echo', ['as a stream'], {stdio: ['ignore', process.stdout, 'ignore']})
      spawnSync('echo', ['by another name for a pipe'], {stdio: 'overlapped'})`
    const {stdout, stderr} = run(process.execPath, ['--input-type=module', '-e', code], {
      input: 'in\n',
      encoding: 'utf8',
    })
    expect({stdout, stderr}).toEqual({stdout: 'in\nas a stream\n', stderr: 'err\n'})
  })
})

describe('without pidfds', () => {
  const pidfdOpen = 434

  it.each([
    ['the end', 'exit 3', {}, {status: 3, signal: null, output: ''}],
    ['the output', 'echo a; exit 3', {timeout: 60_000}, {status: 3, signal: null, output: 'a\n'}],
    ['the time limit', 'exec sleep 60', {timeout: 50}, {status: null, signal: 'SIGTERM', output: '', error: -110}],
    ['a grandchild', '(sleep 0.2; echo late) & exit 4', {}, {status: 4, signal: null, output: 'late\n'}],
  ])('%s is seen', (_, script, limits, expected) => {
    expect(syncUnder([pidfdOpen], script, limits)).toEqual(expected)
  })
})
