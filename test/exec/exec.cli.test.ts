import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {methods} from '../../src/methods/method.js'
import {noLimits} from '../helpers/cgroups.js'
import {has} from '../helpers/needs.js'
import {processesWith, type RunOptions, runCli, runShell} from '../helpers/run-cli.js'

const home = realpathSync(mkdtempSync(join(tmpdir(), 'spawnctl-exec-')))
const repository = join(home, 'repository')
const isRoot = process.getuid?.() === 0

afterAll(() => rmSync(home, {recursive: true, force: true}))

beforeAll(() => {
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'init.defaultBranch=main', ...words])
  git('init', '--quiet', repository)
  writeFileSync(join(repository, 'file'), 'cloned\n')
  git('-C', repository, 'add', 'file')
  git('-C', repository, 'commit', '--quiet', '-m', 'one')
})

/** A new empty directory. */
function directory(): string {
  return mkdtempSync(join(home, 'd-'))
}

function fileWith(content: string, mode = 0o644): string {
  const path = join(directory(), 'file')
  writeFileSync(path, content, {mode})
  chmodSync(path, mode)
  return path
}

const exec = (words: readonly string[], options?: RunOptions) => runCli(['exec', ...words], options)
const silent = {stderr: '', signal: null}

describe.concurrent.each(methods)('a program started by %s', method => {
  const by = (...words: string[]) => exec(['-m', method, '--', ...words])

  it('writes its output and nothing else is written', async () => {
    expect(await by('/bin/echo', 'hello')).toEqual({status: 0, stdout: 'hello\n', ...silent})
  })

  it.each([
    ['exit 0', 0],
    ['exit 1', 1],
    ['exit 7', 7],
    ['exit 255', 255],
    ['kill -SEGV $$', 139],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
  ])('that does "%s" gives exit code %i, without a word', async (script, status) => {
    expect(await by('sh', '-c', script)).toEqual({status, stdout: '', ...silent})
  })

  it('can be git, which starts programs of its own', async () => {
    const target = join(directory(), 'clone')
    expect(await by('git', 'clone', '--quiet', `file://${repository}`, target)).toMatchObject({status: 0, ...silent})
    expect(readFileSync(join(target, 'file'), 'utf8')).toBe('cloned\n')
  })

  it('can be python', async () => {
    const script = 'import sys; print(sum(range(1000))); sys.exit(3)'
    expect(await by('python3', '-c', script)).toEqual({status: 3, stdout: '499500\n', ...silent})
  })

  it('reads 100 MB from a pipe to its end', async () => {
    const {stdout} = await runShell(
      'head -c 104857600 /dev/zero | spawnctl exec -m "$1" -- sh -c "cat | wc -c"; echo $?',
      [method],
    )
    expect(stdout).toBe('104857600\n0\n')
  })

  it('ends by SIGPIPE when nobody reads on', async () => {
    const {stdout, stderr} = await runShell('{ spawnctl exec -m "$1" -- yes; echo $? >&2; } | head -n 2', [method])
    expect({stdout, stderr}).toEqual({stdout: 'y\ny\n', stderr: '141\n'})
  })

  it('sees for itself that the disk is full', async () => {
    const {status, stderr} = await runShell('spawnctl exec -m "$1" -- /bin/echo hello >/dev/full', [method])
    expect(status).toBe(1)
    expect(stderr).toMatch(/echo: write error: No space left on device/)
  })

  it('gets its arguments byte for byte', async () => {
    const {stdout} = await runShell(`spawnctl exec -m "$1" -- printf '%s|' $'a\\xff\\xfe' '' ' ' 'ü€' | od -An -tx1`, [
      method,
    ])
    expect(stdout.replaceAll(/\s+/g, ' ').trim()).toBe('61 ff fe 7c 7c 20 7c c3 bc e2 82 ac 7c')
  })

  it('may have a name that is not UTF-8', async () => {
    const script = `cd "$2"; printf '#!/bin/sh\\necho found' > $'\\xff'; chmod +x $'\\xff'; spawnctl exec -m "$1" $'./\\xff'`
    expect((await runShell(script, [method, directory()])).stdout).toBe('found\n')
  })

  it('holds no descriptor but its own three', async () => {
    const {stdout} = await runShell('spawnctl exec -m "$1" --report "$2" -- ls /proc/self/fd 8</dev/null', [
      method,
      join(directory(), 'report'),
    ])
    // 3 is ls's own, of the directory that it lists.
    expect(stdout).toBe('0\n1\n2\n3\n')
  })

  it.each([
    ['no-such-program', 127, 'no-such-program: not found in PATH'],
    ['/no/such/program', 127, '/no/such/program: no such file'],
    ['/etc/passwd', 126, '/etc/passwd: permission denied'],
    ['/etc', 126, '/etc: is a directory'],
  ])('cannot be %s: exit code %i', async (program, status, message) => {
    const run = await by(program)
    expect(run).toMatchObject({status, stdout: ''})
    expect(run.stderr).toMatch(/^spawnctl: .*\nwhy: {2}.+\nnext: .+\n$/)
    expect(run.stderr).toContain(`spawnctl: ${message}\n`)
  })

  it('is not started where its working directory does not exist', async () => {
    const run = await exec(['-m', method, '-C', '/no/such/directory', '--', 'echo', 'ran'])
    expect(run).toMatchObject({status: 125, stdout: ''})
    expect(run.stderr).toMatch(
      /^spawnctl: housekeeping failed at "working directory \/no\/such\/directory": .*\nwhy: {2}/,
    )
  })

  it('reports how it was started and how it ended', async () => {
    const report = join(directory(), 'report.json')
    await exec(['-m', method, '--report', report, '--', 'sh', '-c', 'exit 3'])
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({method, exitCode: 3, signal: null})
  })
})

describe.concurrent('the program’s own words', () => {
  it.each([
    [['ls', '-d', '--color=never', '/'], '/\n'],
    [['--', 'echo', '--', '-x'], '-- -x\n'],
    [['echo', '--verbose', '--json', '-m', 'fork', '--help'], '--verbose --json -m fork --help\n'],
    [['echo', '-v', '-h', '--version'], '-v -h --version\n'],
    [['-v', '--', 'sh', '-c', 'echo "$@"', 'sh', '--stdin', 'null'], '--stdin null\n'],
  ])('are never eaten: exec %j', async (words, stdout) => {
    expect(await exec(words)).toMatchObject({status: 0, stdout})
  })

  it('may begin with "-" in its very name, behind "--"', async () => {
    const cwd = directory()
    writeFileSync(join(cwd, '-x'), '#!/bin/sh\necho "I am $0"', {mode: 0o755})
    const env = {PATH: `${cwd}:${process.env.PATH}`}
    expect(await exec(['--', '-x'], {env})).toEqual({status: 0, stdout: `I am ${cwd}/-x\n`, ...silent})
    expect(await exec(['-x'], {env})).toMatchObject({status: 125, stdout: ''})
  })

  it('may be a script without #! line, which sh reads', async () => {
    expect(await exec([fileWith('echo "read by sh: $*"', 0o755), 'a', 'b'])).toMatchObject({
      status: 0,
      stdout: 'read by sh: a b\n',
    })
  })

  it.each([125, 126, 127])('may mean anything by exit code %i', async status => {
    expect(await exec(['sh', '-c', `exit ${status}`])).toEqual({status, stdout: '', ...silent})
  })
})

describe.concurrent('environment', () => {
  const env = {SPAWNCTL_A: 'a', SPAWNCTL_B: 'b'}
  const printing = ['sh', '-c', 'env | sed -n "s/^SPAWNCTL_//p" | sort']

  it.each([
    [[], 'A=a\nB=b\n'],
    [['-e', 'SPAWNCTL_A=x'], 'A=x\nB=b\n'],
    [['--env=SPAWNCTL_A=x=y', '-e', 'SPAWNCTL_B='], 'A=x=y\nB=\n'],
    [['-e', 'SPAWNCTL_A=1', '-e', 'SPAWNCTL_A=2'], 'A=2\nB=b\n'],
    [['-u', 'SPAWNCTL_A'], 'B=b\n'],
    [['-u', 'SPAWNCTL_A', '--unset-env', 'SPAWNCTL_B'], ''],
    [['-u', 'SPAWNCTL_A', '-e', 'SPAWNCTL_A=set'], 'A=set\nB=b\n'],
    [['-i'], ''],
    [['-ie', 'SPAWNCTL_B=only'], 'B=only\n'],
  ])('with %j is "%s"', async (options, stdout) => {
    expect(await exec([...options, '--', ...printing], {env})).toEqual({status: 0, stdout, ...silent})
  })

  it('is nothing at all, or only what is set', async () => {
    expect((await exec(['-i', '/usr/bin/env'])).stdout).toBe('')
    expect((await exec(['-i', '-e', 'B=2', '-e', 'A=1', '/usr/bin/env'])).stdout).toBe('B=2\nA=1\n')
  })

  it('has no variable of spawnctl’s or Node’s own', async () => {
    const {stdout} = await runShell(
      'diff <(env | grep -v ^_= | sort) <(spawnctl exec env | grep -v ^_= | sort) && echo same',
    )
    expect(stdout).toBe('same\n')
  })

  it('is handed down byte for byte', async () => {
    const {stdout} = await runShell(`A=$'\\xff\\x01' spawnctl exec sh -c 'printf %s "$A"' | od -An -tx1`)
    expect(stdout).toBe(' ff 01\n')
  })

  it('refuses bytes in an option that Node would change', async () => {
    const run = await runShell(`spawnctl exec --env A=$'\\xff' -- echo ran`)
    expect(run).toMatchObject({status: 125, stdout: ''})
    expect(run.stderr).toMatch(/^spawnctl: the option "A=.*" holds bytes that are not UTF-8\nwhy: {2}.*\nnext: .*\n$/)
    expect(await exec(['--env', 'A=�ü', 'sh', '-c', 'echo "$A"'])).toMatchObject({status: 0, stdout: '�ü\n'})
  })

  it('decides by its PATH where the program is found', async () => {
    const bin = directory()
    writeFileSync(join(bin, 'only-here'), '#!/bin/sh\necho found', {mode: 0o755})
    expect(await exec(['-e', `PATH=/nowhere:${bin}`, 'only-here'])).toMatchObject({status: 0, stdout: 'found\n'})
    expect(await exec(['only-here'])).toMatchObject({status: 127})
  })

  describe.skipIf(!has.rootAndOpenTree).each(methods)(
    'with a directory that may not be entered, by %s # needs root',
    method => {
      const asStranger = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$NODE" "$CLI" exec'
      const search = (program: string) => {
        const [closed, open] = [directory(), directory()]
        writeFileSync(join(closed, 'hidden'), '#!/bin/sh\n', {mode: 0o755})
        writeFileSync(join(open, 'shown'), '#!/bin/sh\nexit 7', {mode: 0o755})
        for (const path of [home, open]) chmodSync(path, 0o755)
        const run = runShell(`PATH=$1:$2:/bin; ${asStranger} -m "$3" "$4"`, [closed, open, method, program])
        return {closed, run}
      }

      it('goes on past it', async () => {
        expect(await search('shown').run).toMatchObject({status: 7})
      })

      it('says that the program may be there', async () => {
        const {closed, run} = search('hidden')
        const {status, stderr} = await run
        expect(stderr).toContain(`why:  no directory of PATH that may be entered has it, and ${closed} may not be\n`)
        expect(stderr).toContain(`namei -l ${closed} tells`)
        expect(status).toBe(126)
      })
    },
  )
})

describe.concurrent('where and as what the program starts', () => {
  it.each([
    [['-C', '/usr', 'pwd'], '/usr\n'],
    [['--cwd=/', 'pwd'], '/\n'],
    [['-C', '/', '--cwd', '/usr', 'pwd'], '/usr\n'],
    [['-C', '..', 'pwd'], '/\n'],
    [['-C', '/bin', './echo', 'relative to the new directory'], 'relative to the new directory\n'],
    [['--umask', '027', 'sh', '-c', 'umask'], '0027\n'],
    [['--umask=0', 'sh', '-c', 'umask'], '0000\n'],
    [['-a', 'zork', 'sh', '-c', 'echo $0'], 'zork\n'],
    [['--argv0', '', 'sh', '-c', 'tr "\\0" . < /proc/$$/cmdline'], '.-c.tr "\\0" . < /proc/$$/cmdline.'],
    [['--argv0=-sh', 'bash', '-c', 'shopt -q login_shell && echo login shell'], 'login shell\n'],
    [['--sigignore', 'HUP,INT', 'sh', '-c', 'grep SigIgn /proc/self/status'], 'SigIgn:\t0000000000000003\n'],
    [['--sigmask', 'USR1', 'grep', 'SigBlk', '/proc/self/status'], 'SigBlk:\t0000000000000200\n'],
    [['grep', '-E', 'SigIgn|SigBlk', '/proc/self/status'], 'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n'],
  ])('exec %j', async (words, stdout) => {
    expect(await exec(words, {cwd: '/usr'})).toEqual({status: 0, stdout, ...silent})
  })

  it.each([
    ['--setsid', 'session of its own', /^(\d+) \1 \1\n$/],
    ['--setpgid', 'process group of its own', /^(\d+) \1 (?!\1 ?)\d+\n$/],
  ])('%s gives it a %s', async (option, _, pattern) => {
    // Fields of stat(5): pid, process group, session.
    const words = ['sh', '-c', 'read -r pid x y ppid pgrp session rest < /proc/$$/stat; echo $pid $pgrp $session']
    expect((await exec([option, '--', ...words])).stdout).toMatch(pattern)
  })

  it.runIf(isRoot).each([
    [['--user', 'nobody'], 'nobody'],
    [['--uid', '1234', '--gid', '5678', '--groups', '7,8'], '1234 5678 5678 7 8'],
    [['--uid', '1234', '--gid', '5678', '--groups', 'none'], '1234 5678 5678'],
  ])('becomes somebody else with %j (# needs root)', async (options, expected) => {
    const {stdout, status} = await exec([...options, '--', 'sh', '-c', 'echo $(id -u) $(id -g) $(id -G)'])
    const ids = (name: string) => ['-u', '-g', '-G'].map(what => `${execFileSync('id', [what, name])}`.trim()).join(' ')
    expect({status, ids: stdout.trim()}).toEqual({status: 0, ids: expected === 'nobody' ? ids('nobody') : expected})
  })
})

describe.concurrent('from a working directory that has been removed', () => {
  const run = (words: readonly string[]) =>
    runShell('cd "$1"; shift; rmdir "$PWD"; spawnctl exec "$@"', [directory(), ...words])

  it.each([[['/bin/true']], [['true']], [['--cwd', '/', 'true']]])('%j runs', async words => {
    expect(await run(words)).toEqual({status: 0, stdout: '', ...silent})
  })

  it
    .skipIf(!has.unshare)
    .each([[['--tmpfs', '/mnt', 'true']], [['--unshare', 'pid', '--mount-proc', '--init', 'true']]])(
    '%j runs # needs namespaces',
    async words => {
      expect(await run(words)).toEqual({status: 0, stdout: '', ...silent})
    },
  )

  it.each([
    ['no-such-program', 'no-such-program: not found in PATH', /^PATH of the program is /],
    ['./true', './true: no such file', /^there is nothing at true: the working directory has been removed$/],
  ])('%s is not found', async (program, message, why) => {
    const {status, stderr} = await run(['--json', program])
    expect(status).toBe(127)
    expect(JSON.parse(stderr).error).toMatchObject({code: 'E_NOT_FOUND', message, why: expect.stringMatching(why)})
  })

  it.runIf(isRoot)('nothing is found below it as the new root # needs root', async () => {
    const {status, stderr} = await run(['--chroot', '.', 'true'])
    expect(status).toBe(127)
    expect(stderr).toMatch(/^spawnctl: true: not found in PATH\nwhy: {2}not found in PATH below the new root \.; /)
  })
})

describe.concurrent('descriptors', () => {
  it.each([
    ['null', ''],
    ['inherit', 'inherited\n'],
    ['FILE', 'in the file\n'],
    ['read:FILE', 'in the file\n'],
    ['rw:FILE', 'in the file\n'],
    ['fd:7', 'at seven\n'],
  ])('--stdin %s', async (spec, stdout) => {
    const words = ['exec', '--stdin', spec.replace('FILE', fileWith('in the file\n')), '--', 'cat']
    const run = await runShell('spawnctl "$@" <<<inherited 7<<<"at seven"', words)
    expect(run).toEqual({status: 0, stdout, ...silent})
  })

  it.each([
    ['FILE', 'new\n'],
    ['write:FILE', 'new\n'],
    ['append:FILE', 'a long old line\nnew\n'],
    ['rw:FILE', 'new\nng old line\n'],
  ])('--stdout %s, --stderr %s and --fd 5=%s leave in the file "%s"', async (spec, content) => {
    const old = 'a long old line\n'
    for (const [option, words] of [
      ['--stdout=', 'echo new'],
      ['--stderr=', 'echo new >&2'],
      ['--fd=5=', 'echo new >&5'],
    ] as const) {
      const path = fileWith(old)
      // A plain path at a number above 2 is for reading.
      const given = option === '--fd=5=' && spec === 'FILE' ? `write:${path}` : spec.replace('FILE', path)
      expect(await exec([option + given, '--', 'sh', '-c', words])).toEqual({status: 0, stdout: '', ...silent})
      expect(readFileSync(path, 'utf8')).toBe(content)
    }
  })

  it.each([
    [['--stdout', 'null'], '', 'err\n'],
    [['--stderr', 'null'], 'out\n', ''],
    [['--stderr', 'stdout'], 'out\nerr\n', ''],
    [['--stdout', 'stderr'], '', 'out\nerr\n'],
    [['--stdout', 'fd:2', '--stderr', 'fd:1'], 'err\n', 'out\n'],
    [['--fd', '1=fd:2', '--fd', '2=fd:1'], 'err\n', 'out\n'],
    [['--stdout', 'null', '--fd', '1=inherit'], 'out\n', 'err\n'],
  ])('%j: what goes where', async (options, stdout, stderr) => {
    const run = await exec([...options, '--', 'sh', '-c', 'echo out; echo err >&2'])
    expect(run).toEqual({status: 0, signal: null, stdout, stderr})
  })

  it('joins standard error to the file of standard output, with one position', async () => {
    const path = join(directory(), 'new')
    await exec(['--stdout', path, '--stderr', 'stdout', '--', 'sh', '-c', 'echo 1; echo 2 >&2; echo 3'])
    expect(readFileSync(path, 'utf8')).toBe('1\n2\n3\n')
  })

  it.each([
    ['--stdin', 0],
    ['--stdout', 1],
    ['--stderr', 2],
  ])('%s close: the program finds nothing there', async (option, fd) => {
    const out = join(directory(), 'out')
    await exec([option, 'close', '--fd', `9=write:${out}`, '--', 'sh', '-c', `test -e /dev/fd/${fd}; echo $? >&9`])
    expect(readFileSync(out, 'utf8')).toBe('1\n')
  })

  it.each([
    [['--fd', '5=FILE'], 'cat <&5', 'in the file\n'],
    [['--fd', '5=fd:7'], 'cat <&5', 'at seven\n'],
    [['--fd', '7=inherit'], 'cat <&7', 'at seven\n'],
    [['--fd', '5=fd:7', '--fd', '7=null'], 'cat <&5; cat <&7', 'at seven\n'],
    [['--fd', '7=FILE', '--fd', '8=fd:7'], 'cat <&7; cat <&8', 'in the file\nat seven\n'],
    [['--fd', '5=FILE', '--fd', '5=fd:7'], 'cat <&5', 'at seven\n'],
    [['--fd', '5=null', '--fd', '6=close'], 'ls /proc/self/fd', '0\n1\n2\n3\n5\n'],
    [[], 'ls /proc/self/fd', '0\n1\n2\n3\n'],
    [['--fd', '5=fd:7', '--fd', '20=fd:20'], 'cat <&5; cat <&20', 'at seven\nat twenty\n'],
  ])('%j: "%s" reads "%s"', async (options, script, stdout) => {
    const path = fileWith('in the file\n')
    const words = options.map(word => word.replace('FILE', path))
    const run = await runShell('spawnctl exec "$@" 7<<<"at seven" 20<<<"at twenty"', [
      ...words,
      '--',
      'bash',
      '-c',
      script,
    ])
    expect(run).toEqual({status: 0, stdout, ...silent})
  })
})

describe.concurrent('a descriptor that nobody handed down', () => {
  const numbers = Array.from({length: 17}, (_, i) => i + 3)

  it.for(numbers)('is refused, also number %i, where Node may hold one of its own', async (fd, {skip}) => {
    const {stdout} = await runShell('ls /proc/self/fd')
    const open = stdout.trim().split('\n').slice(0, -1).map(Number) // the last is what ls itself reads
    skip(open.includes(fd), `# whoever runs the tests hands ${fd} down`)
    const run = await exec(['--stdin', `fd:${fd}`, '--', 'echo', 'ran'])
    expect(run).toMatchObject({status: 125, stdout: ''})
    expect(run.stderr).toContain(`spawnctl: descriptor ${fd} is not open in the caller\n`)
  })
})

describe.concurrent.each(methods)('a file that was opened for a program started by %s', method => {
  const kept = method === 'zygote' || method === 'posix_spawn' ? [''] : ['', '--timeout 100']
  it.each(kept)('is its alone: who reads from it sees its end %s', async option => {
    const fifo = join(directory(), 'fifo')
    const script = `
      mkfifo "$1"; cat "$1" >"$1.read" & cat=$!
      spawnctl exec -m ${method} ${option} --fd 3=write:"$1" -- sh -c 'echo through >&3; exec 3>&-; exec sleep 100' &
      wait $cat; cat "$1.read"; kill $!; wait $!`
    expect(await runShell(script, [fifo])).toMatchObject({status: 143, stdout: 'through\n'})
  })
})

describe.concurrent('a pipe of which both ends were handed down', () => {
  // As make hands down its jobserver's. A shell's {fd}<> of a fifo has both in one; so python makes it.
  const handDown = (numbers: string, stays: boolean) => `
import os, subprocess, sys
ends = [os.dup2(end, to) for end, to in zip(os.pipe(), [${numbers}])]
for end in ends: os.set_inheritable(end, True)
words = [os.environ['NODE'], os.environ['CLI'], 'exec', *[f'--fd={to}=inherit' for to in ends], '--', 'sh', '-c',
  f'echo through >&{ends[1]}; head -n 1 <&{ends[0]}']
run = subprocess.Popen(words, close_fds=False)
${stays ? '' : '[os.close(end) for end in ends]'}
sys.exit(run.wait())`

  it.each([
    ['3, 4', false],
    ['8, 9', true],
  ])('is known to be the caller’s: %s', async (numbers, stays) => {
    const run = await runShell('exec python3 -c "$1"', [handDown(numbers, stays)])
    expect(run).toMatchObject({status: 0, stdout: 'through\n', stderr: ''})
  })

  it.each(Array.from({length: 15}, (_, i) => String(i + 3)))('is not one of Node’s own: %s', async fd => {
    expect(await exec(['--fd', `${fd}=inherit`, '--', 'true'])).toMatchObject({status: 125})
  })
})

describe.concurrent('a file that exists', () => {
  it.each<[string[], string]>([
    [['--user', 'no-such-user', '--', 'true'], 'there is no user'],
    [['--umask', '9', '--', 'true'], '--umask wants'],
    [['--method', 'posix_spawn', '--umask', '022', '--', 'true'], 'posix_spawn cannot do "umask 022"'],
    [['--stdin', '/no/such/file', '--', 'true'], '/no/such/file cannot be opened'],
    [['--fd', '3=fd:99', '--', 'true'], 'descriptor 99 is not open'],
    [['--no-such-option', '--', 'true'], 'unknown option'],
    [['--report', '/no/such/report', '--', 'true'], '--report /no/such/report'],
    [['--'], 'no program given'],
  ])('stays whole when exec is refused: %j', async (words, message) => {
    for (const option of ['--stdout', '--stderr', '--fd=9=write']) {
      const path = fileWith('precious\n')
      const given = option.startsWith('--fd') ? [`${option}:${path}`] : [option, path]
      const run = await exec([...given, ...words])
      expect(run).toMatchObject({status: 125, stdout: ''})
      expect(run.stderr).toContain(message)
      expect(readFileSync(path, 'utf8')).toBe('precious\n')
    }
  })
})

describe.concurrent('the report', () => {
  const keys = [
    'method',
    'syscall',
    'pid',
    'exitCode',
    'signal',
    'coreDumped',
    'timedOut',
    'killTree',
    'limitsMet',
    'callerBlockedNs',
    'spawnToExecNs',
    'elapsedNs',
  ]

  async function reportOf(words: readonly string[]) {
    const path = fileWith(
      '{"stale": true} and longer than what will be written, so that what is left of it would show'.repeat(20),
    )
    const run = await exec(['--report', path, ...words])
    return {run, report: JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>}
  }

  it.each([
    ['exit 0', 0, {exitCode: 0, signal: null}],
    ['exit 42', 42, {exitCode: 42, signal: null}],
    ['kill -TERM $$', 143, {exitCode: null, signal: 'SIGTERM'}],
    ['kill -SEGV $$', 139, {exitCode: null, signal: 'SIGSEGV'}],
  ])('of "%s" has every key', async (script, status, end) => {
    const {run, report} = await reportOf(['--method', 'clone', '--', 'sh', '-c', `ulimit -c 0; echo $$; ${script}`])
    expect(run).toMatchObject({status, ...silent})
    expect(Object.keys(report)).toEqual(keys)
    expect(report).toMatchObject({method: 'clone', pid: Number(run.stdout), coreDumped: false, ...end})
    expect(report.syscall).toMatch(/^clone3?$/)
    for (const key of ['callerBlockedNs', 'spawnToExecNs', 'elapsedNs']) expect(report[key]).toBeTypeOf('number')
    expect(report.elapsedNs).toBeGreaterThanOrEqual(report.spawnToExecNs as number)
    expect(report.spawnToExecNs).toBeGreaterThanOrEqual(report.callerBlockedNs as number)
  })

  it.each([
    [
      ['--', 'no-such-program'],
      {code: 'E_NOT_FOUND', exitCode: 127},
      {stage: 'exec', syscall: 'execve', errno: 'ENOENT'},
    ],
    [
      ['-m', 'fork', '/etc'],
      {code: 'E_NOT_EXECUTABLE', exitCode: 126},
      {stage: 'exec', method: 'fork', errno: 'EACCES'},
    ],
    [
      ['-m', 'clone', '-C', '/no/such', '--', 'true'],
      {code: 'E_STEP', exitCode: 125},
      {stage: 'step', step: 'chdir', syscall: 'chdir', method: 'clone', errno: 'ENOENT'},
    ],
    [['--stdin', '/no/such/file', '--', 'true'], {code: 'E_OPEN', exitCode: 125}, undefined],
    [['-m', 'posix_spawn', '--umask', '0', '--', 'true'], {code: 'E_REFUSED', exitCode: 125}, undefined],
    [['--user', 'no-such-user', '--', 'true'], {code: 'E_USAGE', exitCode: 125}, undefined],
    [['--'], {code: 'E_USAGE', exitCode: 125}, undefined],
  ])('of what could not be done is its error: %j', async (words, error, failure) => {
    const {run, report} = await reportOf(words)
    expect(run).toMatchObject({status: error.exitCode, stdout: ''})
    expect(report).toMatchObject({error})
    const told = report.error as Record<string, string>
    expect(run.stderr).toContain(`spawnctl: ${told.message}\n`)
    expect(run.stderr).toContain(`next: ${told.next}\n`)
    if (failure === undefined) expect(told.failure).toBeUndefined()
    else expect(told.failure).toMatchObject(failure)
  })

  it('that cannot be written is refused before the program runs', async () => {
    const witness = join(directory(), 'witness')
    const run = await exec(['--report', '/no/such/directory/report', '--', 'touch', witness])
    expect(run).toMatchObject({status: 125, stdout: ''})
    expect(run.stderr).toBe(
      'spawnctl: --report /no/such/directory/report: no such file or directory (ENOENT)\nwhy:  the file, or the directory that it should be created in, does not exist\nnext: ls -ld /no/such/directory/report\n',
    )
    expect(existsSync(witness)).toBe(false)
  })

  it('is one line on standard error with --json, also of a failure and of options that cannot be read', async () => {
    const parsed = async (...words: string[]) => {
      const {status, stdout, stderr} = await exec(words)
      expect(stdout).toBe('')
      expect(stderr).toMatch(/^[^\n]+\n$/)
      return {status, ...(JSON.parse(stderr) as Record<string, unknown>)}
    }
    const ran = await parsed('--json', '--', 'sh', '-c', 'exit 4')
    expect(Object.keys(ran)).toEqual(['status', ...keys])
    expect(ran).toMatchObject({status: 4, exitCode: 4})
    expect(await parsed('--json', '--', 'no-such-program')).toMatchObject({status: 127, error: {code: 'E_NOT_FOUND'}})
    expect(await parsed('--json', '--no-such-option')).toMatchObject({status: 125, error: {code: 'E_USAGE'}})
    expect(await parsed('--umask', 'x', '--json', 'true')).toMatchObject({status: 125, error: {code: 'E_USAGE'}})
  })
})

describe.skipIf(noLimits !== '').concurrent(`a limit of its own control group${noLimits}`, () => {
  it('is spoken of when the program has met it', async () => {
    expect(await exec(['--pids-max', '1', '--', 'sh', '-c', '/bin/true; :'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/\nspawnctl: a process or thread was refused .*; --pids-max sets the limit\n$/),
    })
    const words = 'dd if=/dev/zero of=/dev/null bs=64M count=1 status=none'.split(' ')
    expect(await exec(['--memory-max', '20M', '--', ...words])).toMatchObject({
      status: 137,
      stderr:
        'spawnctl: the kernel killed a process of its control group for want of memory; --memory-max sets the limit\n',
    })
  })

  it.skipIf(!has.unshare)('is refused where control groups are mounted read-only # needs namespaces', async () => {
    const script = `
      for mount in $(findmnt --raw --noheadings --output TARGET --types cgroup,cgroup2); do
        mount -o remount,bind,ro "$mount" || exit 99
      done
      exec "$NODE" "$CLI" exec --pids-max 5 -- echo ran`
    const {status, stdout, stderr} = await runShell('exec unshare --mount sh -c "$1"', [script])
    expect(stderr).toMatch(
      /^spawnctl: no control group can be made: EROFS.*\nwhy: {2}.* mounted read-only, .*\nnext: run /,
    )
    expect({status, stdout}).toEqual({status: 125, stdout: ''})
  })

  it.skipIf(!has.unshare)(
    'is named when spawnctl-init takes the last process # needs root and namespaces',
    async () => {
      const {status, stderr} = await exec(['--pids-max', '1', '--unshare', 'pid', '--init', '--', 'true'])
      expect(stderr).toMatch(
        /\nwhy: {2}its own control group has a limit of 1 .*\(--pids-max\).*\nnext: a larger limit\n$/,
      )
      expect(status).toBe(125)
    },
  )

  it('is in the report instead, for a program', async () => {
    const {stderr} = await exec(['--pids-max', '1', '--json', '--', 'sh', '-c', 'exec 2>/dev/null; /bin/true; :'])
    expect(JSON.parse(stderr)).toMatchObject({exitCode: 2, limitsMet: ['pids']})
  })
})

describe.concurrent('--verbose', () => {
  it.each([
    [
      [],
      /^spawnctl: method posix_spawn: the housekeeping is simple/,
      /^spawnctl: pid \d+ by posix_spawn: posix_spawn/m,
    ],
    [
      ['--umask', '027'],
      /^spawnctl: method clone: posix_spawn cannot do "umask 027" .*\n/,
      /^spawnctl: {3}umask 027\n(?:.*\n)*spawnctl: pid \d+ by clone: clone3?;/m,
    ],
    [['-m', 'fork'], /^spawnctl: method fork, as asked\n/, /^spawnctl: pid \d+ by fork: fork \(libc\);/m],
    [['-m', 'zygote', '-C', '/'], /^spawnctl: method zygote, as asked\n/, /^spawnctl: {3}working directory \/$/m],
  ])('with %j says the method, why, and the housekeeping', async (options, method, more) => {
    const {status, stdout, stderr} = await exec(['-v', ...options, '--', 'sh', '-c', 'echo out; exit 5'])
    expect({status, stdout}).toEqual({status: 5, stdout: 'out\n'})
    expect(stderr).toMatch(method)
    expect(stderr).toMatch(more)
    expect(stderr).toMatch(/^spawnctl: exited with 5 after [\d.]+ ms\n$/m)
    expect(stderr).toMatch(/^(spawnctl: .*\n)+$/)
  })

  it('says which signal killed the program', async () => {
    const {stderr} = await exec(['-v', 'sh', '-c', 'kill -KILL $$'])
    expect(stderr).toMatch(/^spawnctl: killed by SIGKILL after [\d.]+ ms\n$/m)
  })
})

describe.concurrent('what an error says of a name that is no plain word', () => {
  const red = '\x1b[31mred'
  const spelled = '\\x1b[31mred'

  it.each<[string[], string]>([
    [['./a b/ne x'], "chmod +x './a b/ne x', or name its interpreter: sh './a b/ne x'"],
    [['--cwd', 'a b/c d', 'true'], "check the path: ls -ld 'a b/c d'"],
    [['--cwd=-x', 'true'], 'check the path: ls -ld ./-x'],
    [['--cwd', `/${red}`, 'true'], `check the path: ls -ld $'/${spelled}'`],
    [['--stdin', "it's", 'true'], "ls -ld 'it'\\''s'"],
    [['--user', 'two words', 'true'], "getent passwd 'two words'"],
  ])('can be typed: %j', async (words, next) => {
    const cwd = directory()
    mkdirSync(join(cwd, 'a b'))
    writeFileSync(join(cwd, 'a b/ne x'), '#!/bin/sh\n')
    const {stderr} = await exec(['--json', ...words], {cwd})
    expect(JSON.parse(stderr).error.next).toBe(next)
  })

  it.each([[['--cwd', `/${red}`, 'true']], [[`pro${red}`]], [['--verbose', '--cwd', `/${red}`, 'true']]])(
    'holds nothing that a terminal would obey: %j',
    async words => {
      const {stderr} = await exec(words)
      expect(stderr).toContain(spelled)
      expect(stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    },
  )

  it('is the name itself for a program', async () => {
    const {stderr} = await exec(['--json', `pro${red}`])
    expect(JSON.parse(stderr).error.message).toBe(`pro${red}: not found in PATH`)
  })
})

describe.concurrent('what cannot be understood', () => {
  it.each<[string[], string, string]>([
    [
      ['--method', 'spoon'],
      '--method does not know "spoon"',
      'one of fork vfork posix_spawn clone clone-vm zygote auto',
    ],
    [['--metod=clone'], 'unknown option --metod', 'did you mean --method?'],
    [['--cwd', '-x'], 'the value of --cwd begins with "-"', 'join the two with "=": --cwd=-…'],
    [['--sigmask', 'FOO'], '"FOO" is no signal', 'use a name as in `kill -l`'],
    [['--sigdefault', '65'], '"65" is no signal', 'use a name as in `kill -l`'],
    [['--sigignore', 'KILL'], 'SIGKILL cannot be ignored', 'leave it out of --sigignore'],
    [['--umask', '8'], '--umask wants an octal number from 0 to 777, not "8"', '--umask 027'],
    [['--umask', '1777'], '--umask wants an octal number from 0 to 777, not "1777"', '--umask 027'],
    [['--fd', 'x'], '--fd wants N=SPEC, not "x"', '--fd 3=fd:5, or --fd 3=./file'],
    [['--fd', '3=fd:99'], 'descriptor 99 is not open in the caller', 'open it on the command line'],
    [['--stdin', '/no/such/file'], '/no/such/file cannot be opened (read)', 'ls -ld /no/such/file'],
    [['--stdout', '/'], '/ cannot be opened (write): illegal operation on a directory (EISDIR)', 'ls -ld /'],
    [['--stdout', 'stderr', '--stderr', 'stdout'], 'join each other in a circle', 'keep one of the two'],
    [
      ['--setsid', '--setpgid'],
      '--setsid (or --pty) and --setpgid (or --foreground) exclude each other',
      'keep --setsid, or --pty, alone',
    ],
    [['--user', 'no-such-user'], 'there is no user "no-such-user"', 'getent passwd no-such-user'],
    [['--user', ':tty'], '--user wants NAME or NAME:GROUP, not ":tty"', '--user nobody'],
    [['--user', '12'], '--user wants a name, "12" is a number', '--uid 12'],
    [['--user', 'nobody', '--uid', '1'], '--user and --uid both name a user', 'keep one'],
    [['--gid', 'no-such-group'], 'there is no group "no-such-group"', 'getent group no-such-group'],
    [['--groups', 'none,x'], 'there is no group "none"', 'getent group none'],
    [['--env', 'A'], '--env wants K=V, not "A"', '--env A=value'],
    [['--gid', ''], '--gid wants a name or number of a group, not an empty string', '--gid 100'],
    [['--gid', '4294967295'], '--gid wants a whole number from 0 to 4294967294', '--gid 100'],
    [['--uid', '4294967295'], '--uid wants a whole number from 0 to 4294967294', '--uid 1000'],
    [['--cwd', ''], '--cwd wants a directory, not an empty string', '--cwd .'],
    [['--cgroup', ''], '--cgroup wants a control group, not an empty string', '--cgroup /'],
    [['--seccomp', ''], '--seccomp wants a file, not an empty string', '--seccomp ./filter.bpf'],
    [['--report', ''], '--report wants a file, not an empty string', '--report ./report.json'],
    [['--unset-env', ''], '--unset-env wants a variable', '--unset-env NAME'],
    [['--stdin', ''], '--stdin wants null, inherit, close', '--stdin null'],
    [['--stdout', 'read:'], '--stdout wants a path after "read:"', '--stdout read:./file'],
    [['--fd', '3='], '--fd wants null, inherit, close', '--fd 3=null'],
    [['--fd', '4294967299=null'], '--fd wants a whole number from 0 to 1048575', '--fd 3=null'],
    [['--sched', 'fifo:0'], 'fifo has the priorities 1 to 99, not 0', '--sched fifo:10'],
    [['--sched', 'deadline:1/1/1'], 'a deadline wants 1024 ns', '--sched deadline:1000000/5000000/10000000'],
    [['--hostname', 'x'.repeat(65)], '--hostname wants a name of 1 to 64 bytes', '--unshare uts --hostname box'],
    [['--oom-score-adj', '1001'], '--oom-score-adj wants a whole number from -1000 to 1000', '--oom-score-adj 1000'],
    [['--rlimit', 'core=:'], '--rlimit core=: names no limit', '--rlimit core=unlimited'],
    [['-m', 'posix_spawn', '--sigignore', 'HUP'], 'posix_spawn cannot do "ignore SIGHUP"', '--method clone'],
  ])('is refused with code 125, a reason and a way on: %j', async (options, message, next) => {
    const witness = join(directory(), 'witness')
    const {status, stdout, stderr} = await exec([...options, '--', 'touch', witness])
    expect({status, stdout}).toEqual({status: 125, stdout: ''})
    expect(stderr).toMatch(/^spawnctl: [^\n]+\n(why: {2}[^\n]+\n)?next: [^\n]+\n$/)
    expect(stderr.split('\n')[0]).toContain(message)
    expect(stderr).toContain(`\nnext: ${next}`)
    expect(existsSync(witness)).toBe(false)
  })

  it.each([[[]], [['--']], [['--verbose']], [['-C', '/', '--']]])('is a line without a program: %j', async words => {
    expect(await exec(words)).toEqual({
      status: 125,
      signal: null,
      stdout: '',
      stderr: 'spawnctl: no program given\nnext: spawnctl exec [options] [--] program [arguments]\n',
    })
  })

  it('is a program with an empty name: not found', async () => {
    const {status, stdout, stderr} = await exec([''])
    expect({status, stdout}).toEqual({status: 127, stdout: ''})
    expect(stderr).toMatch(/^spawnctl: the program’s name is empty\nwhy: {2}.*\nnext: spawnctl exec .*\n$/)
  })

  it.skipIf(isRoot)('is becoming somebody else without the right to (# needs not to be root)', async () => {
    expect(await exec(['--uid', '0', '--', 'true'])).toMatchObject({status: 125, stdout: ''})
  })

  it.runIf(isRoot)('is becoming somebody else without the right to (# needs root, to give it up)', async () => {
    const witness = join(directory(), 'witness')
    const script = 'setpriv --bounding-set=-setuid "$NODE" "$CLI" exec --uid 1234 -- touch "$1"'
    const run = await runShell(script, [witness])
    expect(run).toMatchObject({status: 125, stdout: ''})
    expect(run.stderr).toMatch(
      /^spawnctl: housekeeping failed at "uid 1234": setuid: .* \(EPERM\)\nwhy: {2}root lacks CAP_SETUID here; only root.*\nnext: /,
    )
    expect(existsSync(witness)).toBe(false)
  })
})

it('leaves no process behind, whatever the method', async () => {
  const entry = `SPAWNCTL_TEST_RUN=${process.pid}`
  const [name, value] = entry.split('=') as [string, string]
  for (const method of methods) await exec(['-m', method, '--', 'true'], {env: {[name]: value}})
  expect(processesWith(entry)).toEqual([])
})
