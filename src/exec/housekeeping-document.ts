import {methods, methodTraits} from '../methods/method.js'
import {kindOf, stepKinds} from '../plan/housekeeping.js'
import type {Step} from '../plan/step.js'
import {bullets, cell, shell, spelled, table} from './document.js'

/** A libc that has everything, so that the table tells what posix_spawn can at best. */
const newestLibc = {chdir: true, closefrom: true}

/** One step of each kind; more than one where methods treat them differently. */
const examples: readonly Step[] = [
  {kind: 'sigdefault', signals: [1]},
  {kind: 'sigignore', signals: [1]},
  {kind: 'setsid'},
  {kind: 'setpgid'},
  {kind: 'foreground'},
  {kind: 'cgroup', limits: {pidsMax: 100}},
  {kind: 'oom_score_adj', value: 500},
  {kind: 'sched', policy: 'batch'},
  {kind: 'nice', value: 5},
  {kind: 'ionice', class: 'idle', level: 0},
  {kind: 'cpus', cpus: [0]},
  {kind: 'timer_slack', ns: 1_000_000},
  {kind: 'personality', persona: 0x0040000},
  {kind: 'rlimits', limits: {core: {soft: 0, hard: 0}}},
  {kind: 'join', targets: [{pid: 1234, namespaces: ['net']}]},
  {kind: 'join', targets: [{pid: 1234, namespaces: ['time']}]},
  {kind: 'unshare', namespaces: ['user', 'pid', 'mount', 'net', 'uts']},
  {kind: 'init'},
  {kind: 'hostname', name: 'box'},
  {kind: 'loopback'},
  {kind: 'mounts', mounts: [{type: 'proc', target: '/proc'}]},
  {kind: 'root', path: '/srv/tree', by: 'chroot'},
  {kind: 'bounding', drop: [13]},
  {kind: 'keepcaps'},
  {kind: 'setgroups', groups: []},
  {kind: 'setgid', gid: 100},
  {kind: 'setuid', uid: 1000},
  {kind: 'capabilities', permitted: [10], inheritable: [10]},
  {kind: 'ambient', capabilities: [10]},
  {kind: 'securebits', bits: 1},
  {kind: 'chdir', path: '/'},
  {kind: 'umask', mask: 0o027},
  {kind: 'pdeathsig', signal: 15},
  {kind: 'descriptors', placements: []},
  {kind: 'ctty'},
  {kind: 'nofile', limit: {soft: 1024, hard: 4096}},
  {kind: 'no_new_privs'},
  {kind: 'sigmask', signals: []},
  {kind: 'seccomp', program: new Uint8Array(8)},
]

function refusals(step: Step): readonly (string | undefined)[] {
  return methods.map(method =>
    method === 'posix_spawn'
      ? kindOf(step).posixSpawnRefuses(step, newestLibc)
      : kindOf(step).refuses?.(step, methodTraits[method].birth),
  )
}

const methodTable = table(
  ['step', ...methods.map(method => `\`${method}\``)],
  examples.map(step => [kindOf(step).describe(step), ...refusals(step).map(reason => (reason ? 'no' : 'yes'))]),
)

function reasons(): readonly string[] {
  return examples.flatMap(step =>
    refusals(step).flatMap((reason, i) =>
      reason === undefined ? [] : [`\`${methods[i]}\`, ${kindOf(step).describe(step)}: ${reason}`],
    ),
  )
}

const orderTable = table(
  ['step', 'what it is about, and why it stands there', 'options'],
  stepKinds.map(({kind, summary, options, byDefault}) => [
    `\`${kind}\``,
    `${cell(summary)}${byDefault === undefined ? '' : ' Part of every plan.'}`,
    options.map(option => spelled(option)).join(' ') || '–',
  ]),
)

const sameAs = table(
  ['instead of', 'type'],
  [
    ['`prlimit --nofile=64:128 prog`', '`spawnctl exec --rlimit nofile=64:128 prog`'],
    ['`nice -n 5 prog`', '`spawnctl exec --nice 5 prog`'],
    ['`chrt --fifo 20 prog`', '`spawnctl exec --sched fifo:20 prog`'],
    ['`taskset -c 0,2-3 prog`', '`spawnctl exec --cpus 0,2-3 prog`'],
    ['`ionice -c best-effort -n 6 prog`', '`spawnctl exec --ionice best-effort:6 prog`'],
    ['`setpriv --bounding-set -net_raw prog`', '`spawnctl exec --cap-drop net_raw prog`'],
    [
      '`setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps +net_raw --ambient-caps +net_raw prog`',
      '`spawnctl exec --uid 1000 --gid 1000 --groups none --ambient-caps net_raw prog`',
    ],
    ['`setpriv --no-new-privs prog`', '`spawnctl exec --no-new-privs prog`'],
    ['`setsid --ctty prog`', '`spawnctl exec --setsid --ctty prog`'],
    ['`setpriv --pdeathsig TERM prog`', '`spawnctl exec --pdeathsig TERM prog`'],
    ['`setarch -R prog`', '`spawnctl exec --personality addr-no-randomize prog`'],
    ['`timeout -k 5 1m prog`', '`spawnctl exec --timeout 1m --kill-after 5 prog`'],
    ['`unshare --user --map-root-user --net prog`', '`spawnctl exec --unshare user,net --map-root-user prog`'],
    ['`unshare --pid --fork --mount-proc prog`', '`spawnctl exec --unshare pid --mount-proc prog`'],
    ['`nsenter --target 1234 --all prog`', '`spawnctl exec --join 1234 prog`'],
    ['`nsenter --net=/run/netns/blue prog`', '`spawnctl exec --join /run/netns/blue prog`'],
    ['`chroot /srv/tree prog`', '`spawnctl exec --chroot /srv/tree prog`'],
    [
      '`systemd-run --scope -p MemoryMax=512M -p TasksMax=100 prog`',
      '`spawnctl exec --memory-max 512M --pids-max 100 prog`',
    ],
    ['`choom -n 300 -- prog`', '`spawnctl exec --oom-score-adj 300 prog`'],
  ],
)

/** docs/housekeeping.md: order, reasons and the table of step × method, from the step kinds themselves. */
export function housekeepingDocument(): string {
  const blocks = [
    '# Housekeeping',
    'This file is generated by `npm run docs` from the step kinds in `src/plan/steps/` and `src/exec/housekeeping-document.ts`: change those, not this file.',
    "Housekeeping is what a child does between its creation and execve. Each piece is a step; a plan has at most one of each kind. In a library the step is an object, `{kind: 'nice', value: 5}`; its shape is in `src/plan/step.ts`.",
    '## The order',
    'Steps are done in this order, whatever order they are given in.',
    orderTable,
    '## Step by method',
    'A plan with a step that the method cannot do is refused while no process exists; the error names the step, the reason and a method that can.',
    methodTable,
    'Why not:',
    bullets(reasons()),
    '## The tools that do one of these',
    'The same request gives the same state of the child; `test/native/side-by-side.native.test.ts` runs both.',
    sameAs,
    shell(
      '# several at once, in one child and without a chain of programs',
      'spawnctl exec --nice 10 --ionice idle --rlimit core=0 --umask 027 true',
    ),
  ]
  return `${blocks.join('\n\n')}\n`
}
