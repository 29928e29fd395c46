import {methods, methodTraits} from '../methods/method.js'
import {stepKinds} from '../plan/housekeeping.js'
import type {Option} from '../plan/option.js'
import {execOptions} from './options.js'

/** A Markdown table, such that a formatter leaves it alone; its cells are Markdown already. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((_, column) => Math.max(3, ...[heading, ...rows].map(cells => cells[column]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, column) => text.padEnd(widths[column]!)).join(' | ')} |`
  return [line(heading), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

export function bullets(items: readonly string[]): string {
  return items.map(item => `- ${item}`).join('\n')
}

export function shell(...lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n')
}

/** A summary as a cell: what stands in angle brackets or between bars would be markup. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

export function spelled({name, char, value, negatable}: Option): string {
  const long = `--${negatable ? '[no-]' : ''}${name}${value === undefined ? '' : ` ${value}`}`
  return char === undefined ? `\`${long}\`` : `\`-${char}\`, \`${long}\``
}

function meaning({summary, multiple, choices}: Option): string {
  const words = choices === undefined ? '' : `; one of ${choices.map(choice => `\`${choice}\``).join(' ')}`
  return `${cell(summary)}${words}${multiple ? '; may be repeated' : ''}`
}

export function optionTable(options: readonly Option[]): string {
  return table(
    ['option', 'meaning'],
    options.map(option => [spelled(option), meaning(option)]),
  )
}

function names(options: readonly Option[]): string {
  return options.map(({name}) => `\`--${name}\``).join(' ') || '–'
}

function stepTable(): string {
  return table(
    ['step', 'what it is about, and why it stands there', 'options', 'posix_spawn'],
    stepKinds.map(({kind, summary, options, byDefault, lowerToPosixSpawn}) => [
      `\`${kind}\``,
      `${cell(summary)}${byDefault === undefined ? '' : ' Part of every plan.'}`,
      names(options),
      lowerToPosixSpawn === undefined ? 'cannot' : 'can',
    ]),
  )
}

const methodTable = table(
  ['method', 'how the child comes to exist'],
  methods.map(method => [`\`${method}\``, cell(methodTraits[method].summary)]),
)

const specTable = table(
  ['SPEC', 'what the program finds at that number'],
  [
    ['`inherit`', 'what spawnctl has there; for 0, 1 and 2 this is what happens without an option'],
    ['`null`', '`/dev/null`, open for reading and writing'],
    ['`close`', 'nothing: the number is free'],
    ['`fd:N`', 'what spawnctl has at descriptor N'],
    ['`read:PATH`', 'the file, for reading; it has to exist'],
    ['`write:PATH`', 'the file, for writing: created, or emptied'],
    ['`append:PATH`', 'the file, for writing at its end: created when missing'],
    ['`rw:PATH`', 'the file, for reading and writing: created when missing, not emptied'],
    ['`PATH`', '`write:PATH` at 1 and 2, `read:PATH` at every other number'],
    ['`stderr`, at 1 only', 'the same open file as at 2'],
    ['`stdout`, at 2 only', 'the same open file as at 1'],
  ],
)

const exitTable = table(
  ['exit code', 'when', 'codes of the error'],
  [
    ['the program’s own', 'it ran and exited', '–'],
    ['128 + n', 'it ran and signal n ended it', '–'],
    [
      '124',
      'its time was up (`--timeout`); 137 when SIGKILL was needed. `--preserve-status`: as if it had ended by itself',
      '–',
    ],
    [
      '125',
      'spawnctl failed: the command line, a refused plan, a file that cannot be opened, the creation of the child, its housekeeping',
      '`E_USAGE` `E_STEPS` `E_ARGV` `E_NUL` `E_REFUSED` `E_OPEN` `E_CGROUP` `E_MAP` `E_PREPARE` `E_CREATE` `E_STEP` `E_KILLED` `E_KEEPER` `E_ZYGOTE` `E_REAPED` `E_OUTPUT` `E_NATIVE_MISSING` `E_NATIVE_LOAD` `E_FFI_MISSING`',
    ],
    ['126', 'the program was found and cannot be executed', '`E_NOT_EXECUTABLE` `E_INTERPRETER` `E_TOO_BIG` `E_EXEC`'],
    ['127', 'the program was not found, or its name is empty', '`E_NOT_FOUND` `E_FILE`'],
  ],
)

const reportTable = table(
  ['key', 'value', 'meaning'],
  [
    ['`method`', 'string', 'the method that was asked for or chosen'],
    [
      '`syscall`',
      'string',
      'what really created the child: `fork (libc)`, `vfork (libc)`, `posix_spawn (libc)`, `clone3`, `clone` (where clone3 is refused) or `clone (in the zygote)`',
    ],
    ['`pid`', 'number', 'the child’s process id'],
    ['`exitCode`', 'number or null', 'null when a signal ended the program'],
    [
      '`signal`',
      'string or null',
      '`"SIGTERM"`; a real-time signal by its number, `"34"`; null when the program exited',
    ],
    ['`coreDumped`', 'boolean', 'the signal left a core dump'],
    [
      '`timedOut`',
      'string',
      '`"no"`, `"signal"` when its time was up and it was sent the signal, `"kill"` when it was sent SIGKILL',
    ],
    [
      '`killTree`',
      'string or null',
      'by what means all that it started was ended: `"pid namespace"`, `"cgroup.kill"`, or `"descendants"`, one by one; null when that was not asked for',
    ],
    [
      '`limitsMet`',
      'list of strings',
      'limits of its own control group: `"memory"` when the kernel killed a process for want of memory (`--memory-max`), `"pids"` when a process or thread was refused (`--pids-max`)',
    ],
    [
      '`callerBlockedNs`',
      'nanoseconds',
      'from the start of the native call until the call that creates the child has returned; pipe, stack and script are set up in it',
    ],
    ['`spawnToExecNs`', 'nanoseconds', 'from the same start until execve is known to have succeeded'],
    ['`elapsedNs`', 'nanoseconds', 'from the same start until the program has ended and was reaped'],
  ],
)

const errorTable = table(
  ['key', 'value', 'meaning'],
  [
    ['`error.code`', 'string', 'one of the codes above; stable'],
    ['`error.message`', 'string', 'what failed'],
    ['`error.why`', 'string, or absent', 'why it may be'],
    ['`error.next`', 'string, or absent', 'what to type next'],
    ['`error.exitCode`', 'number', 'what spawnctl leaves with'],
    ['`error.failure.stage`', 'string', '`prepare`, `create`, `step`, `exec`, `killed` or `zygote`'],
    ['`error.failure.method`', 'string', 'the method'],
    ['`error.failure.syscall`', 'string, or absent', 'the system call that said no, where it is known'],
    ['`error.failure.step`', 'string, or absent', 'the kind of the step, with stage `step`'],
    ['`error.failure.errno`', 'string, or absent', '`"ENOENT"`; absent when the child was killed'],
  ],
)

const usage = [
  '## Usage',
  '```text\nspawnctl exec [options] [--] program [arguments]\n```',
  'The options end at the first word that is none, or at `--`; everything from there on is the program’s. No shell reads it. ' +
    'A value that begins with `-` is joined to its option by `=`. Of an option that is given twice, the last counts, except where the table says that it may be repeated. ' +
    'Options are read as text; the program’s arguments and the environment that is passed on may hold any bytes.',
  'A program’s name without a slash is looked up in the `PATH` of the program’s environment, so `--env PATH=…` counts; without a `PATH` it is looked up in `/bin:/usr/bin`. ' +
    'A name with a slash is relative to `--cwd`. A file that the kernel has no format for is given to `/bin/sh`, as execvp(3) does.',
]

const options = [
  '## Options',
  optionTable(execOptions),
  '`--env` wins over `--unset-env` and `--clear-env`. `--umask` is the program’s: the files of `--stdin`, `--stdout`, `--stderr` and `--fd` are created under spawnctl’s own.',
  '## Methods',
  methodTable,
  'Without `--method`, or with `auto`, spawnctl answers [the flowchart](flowchart.md) for you: `posix_spawn` when it can express every step, `clone` when it cannot. A method that is named is used, or refused with the reason; there is no silent change to another one. [methods.md](methods.md) compares them.',
]

const housekeeping = [
  '## The housekeeping, in the order in which the child does it',
  stepTable(),
  'The child starts its housekeeping with all signals blocked and all caught signals set to their default action. A step that fails ends the child before execve: spawnctl says which step it was and exits with 125. posix_spawn tells no more than an errno; there, spawnctl looks afterwards which step can have caused it.',
  'A step that posix_spawn “can” express may still be refused for its value, or because libc is too old (changing the directory needs glibc 2.29 or musl 1.1.24); the message says why.',
]

const descriptors = [
  '## Descriptors',
  specTable,
  bullets([
    'The program finds 0, 1, 2 and the numbers of `--fd`, nothing else: all others are closed on exec.',
    'All placements happen at once: in `--stdout fd:2 --stderr fd:1` the two change places. `--stdout stderr` and `--stderr stdout` join what the other one is, after its own option.',
    'For 0, 1 and 2, `--fd N=SPEC` wins over `--stdin`, `--stdout` and `--stderr`.',
    'Files are opened by spawnctl, before the child exists: with spawnctl’s rights, relative to spawnctl’s working directory (not to `--cwd`), created with mode 0666 less the umask. Opening a FIFO waits for its other end, as in a shell.',
    'A file that is named like one of the words is written with a slash or a prefix: `./null`, `read:null`.',
  ]),
]

const exitCodes = [
  '## Exit codes',
  exitTable,
  'env(1), nice(1) and timeout(1) use 125, 126 and 127 in the same way. When the terminal’s Ctrl-C or Ctrl-\\ ended the program, spawnctl ends by the same signal itself, so that a shell’s loop stops as it would without spawnctl. With `--init` it takes 128 + n for that signal.',
  'An error is three lines on standard error: what failed, `why:` and `next:`. The last two are left out where nothing is known.',
]

const report = [
  '## The report',
  '`--report FILE` opens the file before the program starts, and writes one JSON object to it when the program has ended. `--json` writes the same object to standard error, on one line.',
  reportTable,
  'The time that it takes to start the zygote, or to open files, is in none of the three times. Every method waits until execve has succeeded; see `clone-vm` in [methods.md](methods.md) for what this means.',
  'After a failure the object is another one:',
  errorTable,
  '`failure` is there when a child was to be created, and absent when the plan was refused before. A command line whose options cannot be parsed leaves the report file untouched.',
]

const dryRunTable = table(
  ['key', 'value', 'meaning'],
  [
    ['`method`', 'string', 'the method that was asked for or chosen'],
    ['`why`', 'string', 'why that one; `"as asked"` with `--method`'],
    ['`program`', 'strings', 'the program’s words'],
    ['`supervision`', 'strings', 'what is done to it while it runs, and when it has ended'],
    ['`calls`', 'objects', 'the calls, in order'],
    [
      '`calls[].by`',
      'string',
      '`caller`, `keeper`, `zygote`, `helper` (makes a user namespace whose maps are not the child’s to write), `child`, and where a child makes another `second child`, `third child`',
    ],
    ['`calls[].call`', 'string', 'the call, as strace(1) prints it'],
    ['`calls[].times`', 'number, or absent', 'how often, when more than once'],
    ['`calls[].step`', 'string, or absent', 'the kind of the step that it belongs to'],
    ['`calls[].reason`', 'string', 'what it is for'],
    ['`calls[].place`', 'string, or absent', 'why the step stands where it does'],
  ],
)

const dryRun = [
  '## The dry run',
  '`--dry-run` prints the system calls that a run would make, one a line, and the reason of each as a comment above it. Nothing is opened, created or run, and the file of `--report` is left alone; what a run would refuse is refused. A number that only a run gives has a word in its place, which the call that makes it introduces: `$stdout`, `$cgroup`, `$1`; `PID` is spawnctl’s own, `…` what is of no importance.',
  'Shown is what spawnctl itself does, in all of its processes: the files, control groups and namespaces that it opens, the keeper and the zygote, the creation of the child, all that the child does, and how the end is waited for. Not shown is what others do around it, and what depends on the run:',
  bullets([
    'what Node and libc do around a fork, in `posix_spawn`, to make a mapping or to read a directory; the child of posix_spawn is shown as glibc has it',
    'the handlers of the signals that are passed on, and what is done when one arrives',
    'memory: the mapping of the script, the stack of the child',
    'the closing of descriptors that the child has no need of, and that spawnctl closes after its creation',
    'a second try: `clone` where `clone3` is refused, `/bin/sh` for a file of no known format, a program that was busy',
  ]),
  'Of the paths that a name is looked up by, a child tries one after the other until one is there; with posix_spawn the caller looks, and the dry run does so too. With `--json` it is one line of JSON on standard output:',
  dryRunTable,
]

const signals = [
  '## The timeline',
  '`--timeline` draws on standard error, when the program has ended or something has failed, who asked what of whom: times are since the call, by `CLOCK_MONOTONIC`, and beside a step stands how long it took and of how many system calls it was. The lane of who makes a process is dotted while its thread sleeps. The drawing fits the terminal, or 80 columns where standard error is none; where it does not, below 60 columns at least, each event is a line of words. The child reads the clock before each system call, so the reading, some tens of nanoseconds, is in the figures; `execve` lasts at most as long as is shown, for its end is known only by what the caller sees. A child that makes another for the program becomes `spawnctl-init`; that this has happened is shown when the caller sees that the program runs. With `--timeout` and `--kill-tree` it goes on to the signals that were sent when time was up, and to the end of the tree.',
  'What is not seen is not shown: the child of `posix_spawn` is libc’s own and notes nothing, one with a seccomp filter does not look at the clock after it, and one in another time namespace has another clock. `--timeline-json` is one line of JSON: `{"timeline": {method, syscall, pid, events}}`, each event with `kind` (`create`, `begin`, `step`, `execve`, `fail`, `resume`, `settle`, `signal`, `exit` or `tree`), `from` and `to` (`caller`, `keeper`, `zygote`, `kernel`, `child`, and where a child makes another `second child`, `third child`), `what`, `atNs`, and where it applies `durationNs`, `calls` and `errno`. `syscall` is null when no child came to be, and so is `pid`; also when `posix_spawn` failed, for libc does not tell whether it had made one.',
  '## Signals',
  bullets([
    'SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH and, at a terminal, SIGTSTP that somebody sends to spawnctl are passed on to the program, by pidfd where the kernel has them. One that arrives before the child exists is kept for it.',
    'What the terminal itself sends (Ctrl-C, Ctrl-\\, a hangup, a new window size) reaches the whole foreground group. It is passed on only to a program that has left the group of spawnctl (`--setsid`, `--setpgid`), or when there was no child yet.',
    'What the program itself sends to its parent or its whole group is not passed back to it. What another process sends to the whole group can reach a program in that group twice: directly, and passed on.',
    'When the program stops and spawnctl has a controlling terminal and the same session, spawnctl stops too, so that the shell sees a stopped job; `fg` and `bg` continue both. Ctrl-Z (SIGTSTP) is then the program’s to take: spawnctl passes it on like the signals above, and stops when the program does. Without a terminal a stop is left to whoever made it. With `--init` it is the same: the init stops and goes on with the program.',
    'All other signals do to spawnctl what they do to any Node program. SIGKILL cannot be passed on: the program then goes on without spawnctl, unless `--pdeathsig`, `--timeout` or `--kill-tree` is given. These put a keeper between the two, a process that outlives spawnctl, ends the program and then all that it has started. No keeper can stand above a child of the zygote, so with that `--pdeathsig` ends the program alone, and the others are refused. `--kill-tree` is refused, too, where it could not find what is to be ended: without a `/proc` of spawnctl’s own pid namespace, and in a pid namespace that is joined, unless a control group of its own has it all.',
    'Where another process stands between spawnctl and the program (a new pid namespace by fork or vfork, `--init`, a pid namespace that is joined), `--setsid`, `--setpgid` and `--foreground` are done by that one: it leads the session and the group, which the program shares, as below `unshare --fork`. With `--pty` and `--ctty` the program leads a session of its own.',
    'With `--setpgid` the program is not made the terminal’s foreground group: reading from the terminal stops it with SIGTTIN. With `--foreground` it is; the terminal’s keys then reach it alone, and spawnctl takes the terminal back when it stops or ends. It has the terminal whenever the shell gives that to the job: not when it is started in the background, and again after each `fg`. Where Ctrl-C or Ctrl-\\ then ends it, spawnctl ends by the same signal.',
  ]),
]

const launcher = [
  '## What Node changes before spawnctl starts',
  'spawnctl is a Node program, and Node changes its process before any code of spawnctl runs. What was before cannot be found out afterwards.',
  table(
    ['what', 'what the program gets', 'how to have it otherwise'],
    [
      [
        'Node ignores SIGPIPE and SIGXFSZ',
        'their default action: every plan resets both, else `yes \\| head -1` would not end',
        '`--sigignore PIPE`',
      ],
      [
        'Node resets the signals 1 to 31 that its caller ignored',
        'their default action: `nohup spawnctl exec …` does not protect the program',
        '`--sigignore HUP`',
      ],
      ['Node clears the signal mask', 'no blocked signals', '`--sigmask LIST`'],
      ['Node raises the soft limit RLIMIT_NOFILE to the hard one', 'the raised limit', '`--rlimit nofile=1024:`'],
      ['Node opens `/dev/null` where 0, 1 or 2 is closed', '`/dev/null` there', '`--stdin close`'],
      [
        'Node marks descriptors that it was handed, up to 15 at least, close-on-exec',
        'no difference: only the numbers of `--fd` reach the program in any case. `fd:N` and `inherit` tell what was handed down from what Node opened; a pipe of which both ends were handed down is taken for Node’s where its numbers are above those of Node’s first, and the parent process does not have it or cannot be looked into',
        '–',
      ],
      [
        'Node opens its debugger on SIGUSR1',
        'nothing, once spawnctl listens for signals: one that is sent before that, in its first moments, opens the debugger’s port and is lost to the program',
        'where Node has it, `node --disable-sigusr1 "$(command -v spawnctl)" exec …`',
      ],
      [
        'Node puts the terminal’s settings back when it exits',
        'nothing: spawnctl leaves without that, so `spawnctl exec stty -echo` lasts',
        '–',
      ],
    ],
  ),
]

const examples = [
  '## Examples',
  shell(
    '# name the method',
    'spawnctl exec --method clone -- git --version',
    '# see what is done and why: method, steps, system call, times',
    'spawnctl exec --verbose --umask 027 true',
    '# directory, umask and both outputs in one file',
    'spawnctl exec --cwd /usr --umask 077 --stdout out.log --stderr stdout ls -l',
    '# the exact environment, nothing else',
    'spawnctl exec --clear-env --env LANG=C --env PATH=/usr/bin env',
    '# another user, with the groups that a login would give; needs root',
    'spawnctl exec --user nobody -- id',
    '# a file at descriptor 3, standard input from nowhere',
    "spawnctl exec --stdin null --fd 3=/etc/hostname sh -c 'cat <&3'",
    '# a session of its own that survives a hangup',
    'spawnctl exec --setsid --sigignore HUP --stdin null --stdout run.log --stderr stdout sleep 1',
    '# what happened, as data',
    'spawnctl exec --report report.json -- sleep 1',
  ),
]

/** docs/exec.md: what the options' and step kinds' data says, and what no type tells. */
export function execDocument(): string {
  const blocks = [
    '# spawnctl exec',
    'This file is generated by `npm run docs` from `src/exec/document.ts`, the options and the step kinds: change those, not this file.',
    '`spawnctl exec` creates one child by the method you name or the flowchart chooses, lets it do its housekeeping, executes the program in it, waits for its end and leaves with its exit code. Terminal, pipes and signals are the program’s own.',
    ...usage,
    ...options,
    ...housekeeping,
    ...descriptors,
    ...exitCodes,
    ...report,
    ...dryRun,
    ...signals,
    ...launcher,
    ...examples,
  ]
  return `${blocks.join('\n\n')}\n`
}
