import {bullets, optionTable, shell, table} from '../exec/document.js'
import {planOptions} from '../exec/options.js'
import {answerOptions, jsonOption, pidOption} from './options.js'

const answersTable = table(
  ['the answer', 'when', '`source`'],
  [
    ['is given', 'a flag says it: `--posix` or `--no-posix`; of two that contradict each other the last', '`flag`'],
    [
      'is derived: “simple housekeeping?” is no',
      'posix_spawn cannot express a step that the options ask for; on a terminal too',
      '`derived`',
    ],
    [
      'is derived: “simple housekeeping?” is yes',
      'posix_spawn can express every step, and nobody is asked: the options given count as the whole housekeeping',
      '`derived`',
    ],
    [
      'is seen in a process',
      '`--pid`: “performance critical?” and “single threaded?”, unless a flag says it',
      '`process`',
    ],
    ['is asked for', 'standard input and output are a terminal, and `--json` is not given', '`prompt`'],
    ['is an error, exit code 2', 'otherwise: the message names the flag that answers the question', '–'],
  ],
)

const jsonTable = table(
  ['key', 'value', 'meaning'],
  [
    ['`method`', 'string', '`posix_spawn`, `fork`, `zygote`, `vfork` or `clone`'],
    ['`path`', 'array', 'the questions on the path, from the start'],
    [
      '`path[].question`',
      'string',
      '`simple-housekeeping`, `performance-critical`, `single-threaded`, `foolproof` or `posix`',
    ],
    ['`path[].answer`', 'string', '`yes` or `no`'],
    ['`path[].source`', 'string', '`flag`, `derived` or `process`'],
    ['`process`', 'object', 'only with `--pid`: what was seen, as below'],
    ['`why`', 'string', 'why the method is right for whoever arrives at it'],
    ['`hazards`', 'array of strings', 'what to watch out for, the weightiest first'],
    ['`command`', 'string', 'the `spawnctl exec` that carries this out, quoted for a POSIX shell'],
  ],
)

const processTable = table(
  ['key of `process`', 'meaning'],
  [
    ['`pid` `name` `threads` `mappings`', 'as /proc tells them'],
    ['`residentBytes`', 'what is in memory, in all'],
    [
      '`copiedBytes`',
      'for what fork would copy page-table entries: resident or swapped out, in mappings that hold pages of the process’s own; without those that madvise keeps from fork',
    ],
    ['`copiedHugeBytes`', 'the same, in huge pages, one entry each; not contained in `copiedBytes`'],
    ['`keptBytes`', 'what MADV_DONTFORK and MADV_WIPEONFORK keep from fork'],
    ['`callerBlockedNs`', 'for each method, for how many whole nanoseconds a spawn would block the caller'],
    ['`performanceCriticalAboveNs`', 'with more than that for fork “performance critical?” is yes: 1000000'],
  ],
)

const looking = [
  '## Looking at a process',
  '`--pid N` reads /proc/N, which its own user and root may do (root with every capability that the process has, or with CAP_SYS_PTRACE), and does not touch the process. “Single threaded?” is answered by the number of its threads; “performance critical?” by what fork would cost it: yes, when its caller would stand still for more than a millisecond.',
  'That time is predicted: what fork costs a small caller here, and how much more for each MiB of touched pages, each MiB of huge pages and each mapping, times what the process has. The costs are measured the first time, in about a second, and kept in `$XDG_CACHE_HOME/spawnctl/calibration.json` (`~/.cache` without it; nowhere without a home directory); another kernel or processor is measured again, and so is a file that you remove.',
  processTable,
]

const exitTable = table(
  ['exit code', 'when'],
  [
    ['0', 'the recommendation was printed, and no program was run'],
    ['2', 'the command line cannot be understood, an answer is missing, or two of them contradict each other'],
    ['130', 'Ctrl-C at a question'],
    ['those of [`exec`](exec.md#exit-codes)', 'a program was run'],
  ],
)

const usage = [
  '## Usage',
  '```text\nspawnctl recommend [options] [-- program arguments]\n```',
  'The questions are those of [the flowchart](flowchart.md), which says what each of them means and why it matters.',
  'On a terminal every question on the path that the options leave open is asked, with “help me decide” among the answers. Then the flowchart is drawn with the path taken, followed by the reason, the hazards and the command.',
  'With a program, that program is run at once by the method recommended. Without one, on a terminal, you are asked whether to run one; elsewhere nothing is run.',
  'The picture is drawn in Unicode when the locale (`LC_ALL`, `LC_CTYPE`, `LANG`) says UTF-8, else in ASCII. `NO_COLOR` turns colours off.',
]

const options = [
  '## Options',
  'Answers to the questions:',
  optionTable(answerOptions),
  'Output:',
  optionTable([pidOption, jsonOption]),
  'Housekeeping: what the program needs. It is the same as for [`exec`](exec.md), goes into the command that is shown, and is done when a program is run.',
  optionTable(planOptions),
]

const answers = [
  '## Where an answer comes from',
  answersTable,
  bullets([
    '`--simple-housekeeping` together with a step that posix_spawn cannot express is an error that names the step. `--no-simple-housekeeping` always stands: the housekeeping may be more than the options can say.',
    'Answers to questions off the path are not looked at.',
    '`clone-vm` is not recommended: it is a variety of `clone`.',
  ]),
]

const json = [
  '## JSON',
  '`--json` asks nothing and runs nothing. It prints one object to standard output:',
  jsonTable,
  'When there is no recommendation, one line goes to standard error: `{"error": {"code", "message", "why", "next", "exitCode"}}`, with exit code 2 and nothing on standard output.',
]

const examples = [
  '## Examples',
  shell(
    '# every question, on a terminal',
    'spawnctl recommend',
    '# for a command; on a terminal the housekeeping is asked about, elsewhere the options count',
    'spawnctl recommend -- git --version',
    '# for a running server: what would fork cost it, and what should it do?',
    'spawnctl recommend --no-simple-housekeeping --no-posix --pid "$(pgrep -o node)"',
    '# in a script: only the method',
    'spawnctl recommend --umask 027 --performance-critical --no-posix --json | jq -r .method',
    '# what a single-threaded program without haste should do for housekeeping of its own',
    'spawnctl recommend --no-simple-housekeeping --no-performance-critical --single-threaded --json',
  ),
]

/** docs/recommend.md: the options' data, and what no type tells. */
export function recommendDocument(): string {
  const blocks = [
    '# spawnctl recommend',
    'This file is generated by `npm run docs` from `src/recommend/document.ts` and the options: change those, not this file.',
    '`spawnctl recommend` walks the flowchart of the article “Spawning Processes on Linux” to a method, says why it fits, what to watch out for, and which command carries it out.',
    ...usage,
    ...options,
    ...answers,
    ...looking,
    ...json,
    '## Exit codes',
    exitTable,
    ...examples,
  ]
  return `${blocks.join('\n\n')}\n`
}
