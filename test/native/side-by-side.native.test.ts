import {spawnSync} from 'node:child_process'
import {afterAll, describe, expect, it} from 'vitest'
import {surroundings as machine} from '../../dist/exec/caller.js'
import {readSteps} from '../../src/plan/housekeeping.js'
import {has} from '../helpers/needs.js'
import {type Inherited, inheritedIn, observe, observeUnder, openDirectory} from '../helpers/observe.js'
import {options} from '../helpers/plans.js'

const directory = openDirectory()
afterAll(directory.remove)

type Given = Parameters<typeof options>[0]

/** The words of the real tool, and the options of spawnctl that ask for the same. */
const anybody: readonly [string, Given][] = [
  ['prlimit --nofile=64:128', {rlimit: 'nofile=64:128'}],
  ['prlimit --stack=4194304 --core=0 --cpu=100:200', {rlimit: ['stack=4M', 'core=0', 'cpu=100:200']}],
  ['prlimit --core=0:', {rlimit: 'core=0:'}],
  ['nice -n 5', {nice: '5'}],
  ['nice -n 40', {nice: '40'}],
  ['chrt --batch 0', {sched: 'batch'}],
  ['chrt --idle 0', {sched: 'idle:0'}],
  ['chrt --other 0', {sched: 'other'}],
  ['taskset -c 0', {cpus: '0'}],
  ['taskset -c 0-7:2,1', {cpus: '0-7:2,1'}],
  ['ionice -c 3', {ionice: 'idle'}],
  ['ionice -c best-effort -n 6', {ionice: 'best-effort:6'}],
  ['ionice -c 2', {ionice: '2'}],
  ['choom -n 300 --', {'oom-score-adj': '300'}],
  ['setpriv --pdeathsig TERM', {pdeathsig: 'TERM'}],
  ['setarch -R', {personality: 'addr-no-randomize'}],
  ['setarch --3gb --short-inode', {personality: '3gb,short-inode'}],
]

/** As root, who has the rights to give away. */
const root: readonly [string, Given][] = [
  ['chrt --fifo 20', {sched: 'fifo:20'}],
  ['chrt --rr 1', {sched: 'rr:1'}],
  [
    'chrt --deadline --sched-runtime 1000000 --sched-deadline 9000000 --sched-period 10000000 0',
    {sched: 'deadline:1000000/9000000/10000000'},
  ],
  ['nice -n -5', {nice: '-5'}],
  ['setpriv --no-new-privs', {'no-new-privs': true}],
  ['setpriv --bounding-set -net_raw,-sys_admin', {'cap-drop': 'net_raw,sys_admin'}],
  [
    'setpriv --bounding-set -all,+net_raw --inh-caps +net_raw --ambient-caps +net_raw',
    {'cap-drop': 'all', 'cap-add': 'net_raw'},
  ],
  ['setpriv --inh-caps +net_raw --ambient-caps +net_raw', {'ambient-caps': '+net_raw'}],
  [
    'setpriv --reuid 61234 --regid 61234 --clear-groups --bounding-set -net_raw',
    {uid: '61234', gid: '61234', groups: 'none', 'cap-drop': 'net_raw'},
  ],
  ['setpriv --securebits +noroot', {securebits: 'noroot'}],
  ['setpriv --securebits +noroot,+noroot_locked,+no_setuid_fixup', {securebits: '7'}],
  ['capsh --drop=cap_chown,cap_kill --shell=/usr/bin/env --', {'cap-drop': 'cap_chown,cap_kill'}],
  ['ionice -c 1 -n 0', {ionice: 'realtime:0'}],
]

const tools = new Set([...anybody, ...root].map(([words]) => words.split(' ')[0] as string))
const missing = [...tools].filter(tool => spawnSync(tool, ['--version'], {stdio: 'ignore'}).status !== 0)
const isThere = ([words]: [string, Given]) => !missing.includes(words.split(' ')[0] as string)

function compare(words: string, given: Given): void {
  const theirs: Inherited = inheritedIn(observeUnder(words.split(' '), directory.path))
  const steps = readSteps(options({stdin: 'null', stdout: 'null', stderr: 'null', ...given}), machine)
  expect(inheritedIn(observe('clone', {steps}, directory.path))).toEqual(theirs)
}

describe(`the same state of the child as${missing.map(tool => ` # ${tool} is not installed`).join('')}`, () => {
  it.each(anybody.filter(isThere))('%s', compare)
  it.skipIf(!has.root).each(root.filter(isThere))('%s # needs root', compare)
})
