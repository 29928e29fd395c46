import {existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {describe, expect, it as plainIt} from 'vitest'
import {methods} from '../../src/methods/method.js'
import {has} from '../helpers/needs.js'
import {fewTicks, parentOf, ticksSpent, ticksWhileHeld} from '../helpers/processor-time.js'
import {type RunOptions, runCli, runShell, startCli, until} from '../helpers/run-cli.js'
import {hasTmux, Terminal} from '../helpers/terminal.js'

const carrying = methods.filter(method => method !== 'posix_spawn')
const exec = (words: readonly string[], options?: RunOptions) => runCli(['exec', ...words], options)

describe.concurrent.each(carrying)('a program with a new terminal, started by %s', method => {
  const at = (script: string, options?: RunOptions) => exec(['-m', method, '--pty', '--', 'sh', '-c', script], options)

  it('has it at 0, 1 and 2 and as its controlling terminal, in the foreground', async () => {
    const script = `test -t 0 && test -t 1 && test -t 2 && : </dev/tty && ps -o pgid=,tpgid=,sess= -p $$`
    const {status, stdout} = await at(script)
    const [group, foreground, session] = stdout.trim().split(/\s+/)
    expect({status, foreground, session}).toEqual({status: 0, foreground: group, session: group})
  })

  it.each([
    ['exit 7', 7],
    ['kill -TERM $$', 143],
  ])('ends with its own exit code: %s', async (script, status) => {
    expect(await at(`echo last words; ${script}`)).toEqual({status, stdout: 'last words\r\n', stderr: '', signal: null})
  })

  it('reads what comes through a pipe, once, to its end', async () => {
    expect(await at('cat; echo end', {input: 'one\ntwo\n'})).toMatchObject({stdout: 'one\r\ntwo\r\nend\r\n'})
    expect(await at('cat; echo end', {input: 'in the middle'})).toMatchObject({stdout: 'in the middleend\r\n'})
  })

  it.each([
    ['nothing else', ['--stdin', 'null'], 3],
    ['descriptors all given', ['--stdin', 'null', '--stdout', 'fd:1', '--stderr', 'stdout'], 3],
    ['another one above', ['--stdin', 'null', '--stdout', 'fd:1', '--stderr', 'stdout', '--fd', '3=/dev/zero'], 4],
  ])('has it as its controlling terminal without having it at 0, with %s', async (_, options, count) => {
    const script =
      'test -t 0 || test "$(tty </dev/tty)" = /dev/tty && ls /proc/self/fd | wc -w; ps -o tpgid=,pgid= -p $$'
    const {status, stdout} = await exec(['-m', method, '--pty', ...options, '--', 'sh', '-c', script])
    const [open, foreground, group] = stdout.trim().split(/\s+/)
    expect({status, open, foreground}).toEqual({status: 0, open: `${count + 1}`, foreground: group})
  })

  it('holds no descriptor but its own three', async () => {
    expect(await at('ls /proc/self/fd')).toMatchObject({stdout: '0  1  2  3\r\n'})
  })
})

describe.concurrent('a new terminal', () => {
  it('is refused by posix_spawn', async () => {
    const {status, stderr} = await exec(['-m', 'posix_spawn', '--pty', 'true'])
    expect(status).toBe(125)
    expect(stderr).toMatch(/^spawnctl: posix_spawn cannot do "the new terminal as controlling terminal"\n/)
  })

  it.each([
    ['--stdin null --stdout fd:1 --stderr stdout', 'sleep 0.2; seq 9999 >/dev/tty', /^1\r\n2\r\n(\d+\r\n)+9999\r\n$/],
    ['--stdin null --stdout fd:1 --stderr stdout', 'echo a >/dev/tty; sleep 0.1; echo b >/dev/tty', /^a\r\nb\r\n$/],
    ['', 'T=$(tty); exec </dev/null >/dev/null 2>&1; sleep 0.2; echo late >$T', /^late\r\n$/],
  ])('is there whenever the program opens it again: %s %s', async (options, script, expected) => {
    const {stdout} = await exec(['--pty', ...options.split(' ').filter(Boolean), '--', 'sh', '-c', script])
    expect(stdout).toMatch(expected)
  })

  it('can be read when nobody had it open', async () => {
    const given = '--stdin null --stdout fd:1 --stderr stdout'
    const program = `sh -c 'sleep 0.2; read x </dev/tty; echo "got $x"'`
    const {status, stdout} = await runShell(`{ sleep 0.4; echo word; } | spawnctl exec --pty ${given} -- ${program}`)
    expect({status, stdout: stdout.replace('word\r\n', '')}).toEqual({status: 0, stdout: 'got word\n'})
  })

  it('loses nothing of a long output', async () => {
    const {stdout} = await exec(['--pty', '--', 'seq', '1', '100000'])
    expect(stdout.split('\r\n')).toHaveLength(100_001)
    expect(stdout.endsWith('\r\n100000\r\n')).toBe(true)
  })

  it.each([
    ['a shell that edits its lines', `echo 'echo $((6*7))'`, 'bash --norc --noprofile', /^42\r$/m],
    ['what such a shell starts', 'echo cat', 'bash --norc --noprofile', /exit\r$/m],
    ['what comes after the one that has taken it', 'printf abc', `sh -c 'cat; cat; echo done'`, /^abcdone\r$/m],
    [
      'a program that lets its terminal gather lines later',
      'echo abc',
      `sh -c 'stty raw -echo; echo ready; sleep 0.2; stty sane -echo; cat; echo done'`,
      /^ready\n+abc\r\ndone\r$/m,
    ],
  ])('tells %s of the end of the input', async (_, input, program, expected) => {
    const {status, stdout} = await runShell(`${input} | spawnctl exec --pty -- ${program}`)
    expect(status).toBe(0)
    expect(stdout).toMatch(expected)
  })

  it('waits for a slow reader of what the program has written', async () => {
    const {stdout} = await runShell('spawnctl exec --pty -- seq 3000 | { sleep 1; wc -l; }')
    expect(stdout).toBe('3000\n')
  })

  it('does not wait for a reader when time is up', async () => {
    const script = `{ spawnctl exec --pty --timeout 0.3 -- yes; echo $? >&2; : >"$1"; } |
      while ! [ -e "$1" ]; do sleep 0.02; done`
    const ended = join(mkdtempSync(join(tmpdir(), 'spawnctl-pty-')), 'ended')
    expect(await runShell(script, [ended])).toMatchObject({status: 0, stderr: '124\n'})
    rmSync(dirname(ended), {recursive: true})
  })

  it.each([
    ['--kill-tree', 0],
    ['--timeout=5', 5],
  ])('is not kept by what keeps it busy: %s', async (option, code) => {
    const busy = `trap '' HUP; setsid sh -c 'while [ -e "$0" ]; do echo; sleep 0.02; done' "$1" &`
    const script = `${busy} echo up; exit ${code}`
    const busyWhile = mkdtempSync(join(tmpdir(), 'spawnctl-pty-'))
    expect(await exec(['--pty', option, '--', 'sh', '-c', script, 'sh', busyWhile])).toMatchObject({status: code})
    rmSync(busyWhile, {recursive: true})
  })

  it('ends with its reader: the program is hung up', async () => {
    const {stdout, stderr} = await runShell('{ spawnctl exec --pty -- yes; echo $? >&2; } | head -n 1')
    expect({stdout, stderr}).toEqual({stdout: 'y\r\n', stderr: '129\n'})
  })

  it('does not wait for what the program has left behind', async () => {
    const {status, stdout} = await exec(['--pty', '--', 'sh', '-c', 'trap "" HUP; sleep 5 & echo done; exit 3'])
    expect({status, stdout}).toEqual({status: 3, stdout: 'done\r\n'})
  })

  it('leaves 0, 1 and 2 alone where they are given', async () => {
    const {stdout, stderr} = await exec([
      '--pty',
      '--stdout',
      'fd:1',
      '--stderr',
      'fd:2',
      '--',
      'sh',
      '-c',
      'test -t 0; echo $?; echo no >&2',
    ])
    expect({stdout, stderr}).toEqual({stdout: '0\n', stderr: 'no\n'})
  })

  it('goes with --kill-tree and --timeout', async () => {
    expect(
      await exec(['--pty', '--timeout', '0.3', '--kill-tree', '--', 'sh', '-c', 'echo up; sleep 100']),
    ).toMatchObject({
      status: 124,
      stdout: 'up\r\n',
    })
  })

  it.each([[''], ['--timeout 100']])('lets its relay sleep while a tracer holds the end back: %s', async options => {
    const words = ['--pty', ...options.split(' ').filter(Boolean), '--', 'sh', '-c', 'echo $$; exec sleep 100']
    const {ended, output, untilStdout} = startCli(['exec', ...words])
    await untilStdout(/\n/)
    const program = Number(output().stdout)
    expect(await ticksWhileHeld(program, parentOf(program))).toBeLessThan(fewTicks)
    expect(await ended).toMatchObject({status: 137})
  })

  it.skipIf(!has.root)('belongs to the program’s session also as another user # needs root', async () => {
    expect(await exec(['--pty', '--user', 'nobody', '--', 'sh', '-c', 'id -un; stty size'])).toMatchObject({
      stdout: 'nobody\r\n24 80\r\n',
    })
  })
})

const it = plainIt.extend<{terminal: Terminal}>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
  terminal: async ({}, use) => {
    const terminal = await Terminal.open()
    try {
      await use(terminal)
    } finally {
      await terminal.close()
    }
  },
})

/** Told behind the command: what is typed before the program has ended is the program's. */
const code = '; echo "code"" $?"'

describe.runIf(hasTmux).concurrent('at a terminal, a new one', () => {
  it('has the size of the old one, also when that changes', async ({terminal}) => {
    await terminal.resize(110, 20)
    const script = 'stty size; trap "stty size" WINCH; while :; do sleep 0.05; done'
    await terminal.command(`x --pty -- sh -c '${script}'${code}`)
    await terminal.until(/^20 110$/m)
    await terminal.resize(117, 19)
    await terminal.until(/^19 117$/m)
    await terminal.press('C-c')
    await terminal.until(/code 130$/m)
  })

  it('gives every key to the program, and the old one its settings back', async ({terminal}) => {
    const settings = await terminal.answer('stty -g')
    const script = 'trap "echo caught" INT; echo ready; while ! read line; do :; done; echo "got $line"; exit 5'
    await terminal.command(`x --pty -- sh -c '${script}'${code}`)
    await terminal.until(/^ready$/m)
    await terminal.press('C-c')
    await terminal.until(/caught$/m)
    await terminal.command('words')
    await terminal.until(/^got words$/m)
    await terminal.until(/^code 5$/m)
    expect(await terminal.answer('stty -g')).toBe(settings)
  })

  it('runs a shell with jobs of its own', async ({terminal}) => {
    await terminal.command(`x --pty -- env PS1='inner$ ' bash --norc --noprofile -i${code}`)
    await terminal.until(/^inner\$/m)
    await terminal.command('sleep 100')
    await terminal.press('C-z')
    await terminal.until(/Stopped +sleep 100/)
    await terminal.command('kill -KILL %1; while kill -0 %1 2>/dev/null; do :; done')
    await terminal.until(/Killed +sleep 100/)
    await terminal.command('exit 6')
    await terminal.until(/^code 6$/m)
  })

  it('gives the old one back when the program is killed', async ({terminal}) => {
    const settings = await terminal.answer('stty -g')
    await terminal.command(`x --pty -- sh -c 'echo started; sleep 0.2; kill -KILL $$'${code}`)
    await terminal.until(/^code 137$/m)
    expect(await terminal.answer('stty -g')).toBe(settings)
  })

  const asking = `sh -c 'echo ready; read line; echo "got $line"'`

  /** As sh runs it, which leaves the settings of a terminal alone. */
  const inScript = (words: string) =>
    `sh -c '"$NODE" "$CLI" exec --pty --kill-tree -- ${words}; until [ -e seen ]; do sleep 0.05; done'`

  it.for(['node', 'spawnctl-keeper'])('gives the old one back when %s is killed', async (killed, {terminal}) => {
    await terminal.command(inScript('sh -c "echo ready; exec sleep 100"'))
    await terminal.until(/^ready$/m)
    expect(terminal.isRaw()).toBe(true)
    const victim = terminal.processes().find(({name}) => name === killed)
    process.kill(victim?.pid as number, 'SIGKILL')
    await until('the settings', () => !terminal.isRaw())
    writeFileSync(terminal.path('seen'), '')
  })

  it('gives the old one back from the background, to a shell that does not see to it', async ({terminal}) => {
    await terminal.command("PS1='inner$ ' exec sh -i")
    await terminal.until(/^inner\$/m)
    await terminal.command('"$NODE" "$CLI" exec --pty --kill-tree -- sh -c "echo ready; exec sleep 100"')
    await terminal.until(/^ready$/m)
    expect(terminal.isRaw()).toBe(true)
    process.kill(terminal.processes().find(({name}) => name === 'node')?.pid as number, 'SIGKILL')
    await until('the settings', () => !terminal.isRaw())
    await until('the end of everything', () => terminal.processes().length === 0)
  })

  it.for(['', '--kill-tree'])(
    'has every key again when spawnctl was stopped and continued %s',
    async (option, {terminal}) => {
      await terminal.command(`x --pty ${option} -- ${asking}${code}`)
      await terminal.until(/^ready$/m)
      process.kill(terminal.processes().find(({name}) => name === 'node')?.pid as number, 'SIGSTOP')
      await terminal.until(/Stopped/)
      expect(terminal.isRaw()).toBe(false)
      await terminal.command('fg')
      await until('the keys', () => terminal.isRaw())
      await terminal.command('words')
      await terminal.until(/^got words$/m)
    },
  )

  it('is as quiet in the background as the old one wants it, and waits asleep', async ({terminal}) => {
    const script = 'sh -c "sleep 0.5; echo words; exec sleep 100"'
    await terminal.command(`stty tostop; x --pty --timeout 100 -- ${script} </dev/null &`)
    await until('its stop', () => terminal.processes().some(({name, state}) => name === 'node' && state === 'T'))
    const keeper = terminal.processes().find(({name}) => name === 'spawnctl-keeper')?.pid as number
    expect(await ticksSpent(keeper)).toBeLessThan(fewTicks)
    expect(await terminal.screen()).not.toMatch(/^words$/m)
    await terminal.command('fg')
    await terminal.until(/^words$/m)
  })

  it('begins in the background as any terminal, and has the keys in the foreground', async ({terminal}) => {
    await terminal.command('x --pty -- sh -c "stty -a >inner; read line; echo got \\$line" &')
    await until('the settings', () => existsSync(terminal.path('inner')) && statSync(terminal.path('inner')).size > 0)
    expect(readFileSync(terminal.path('inner'), 'utf8')).toMatch(/\sicanon\s(.|\n)*\secho\s/)
    expect(await terminal.answer('echo typed meanwhile')).toBe('typed meanwhile\n')
    expect(terminal.isRaw()).toBe(false)
    await terminal.command('fg')
    await until('the keys', () => terminal.isRaw())
    await terminal.command('words')
    await terminal.until(/^got words$/m)
  })
})
