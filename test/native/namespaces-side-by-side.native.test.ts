import {spawnSync} from 'node:child_process'
import {closeSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {surroundings as machine} from '../../dist/exec/caller.js'
import {type Spawned, spawnPlan} from '../../dist/methods/spawn.js'
import {reapChild} from '../../dist/native/core.js'
import {readSteps} from '../../src/plan/housekeeping.js'
import {has} from '../helpers/needs.js'
import {openDirectory} from '../helpers/observe.js'
import {options, planFor} from '../helpers/plans.js'
import {tell} from '../helpers/tell.js'

const directory = openDirectory()
afterAll(directory.remove)

type Given = Parameters<typeof options>[0]
interface Pair {
  /** The words of the real tool; TARGET is a process in namespaces of its own. */
  readonly words: string
  readonly given: Given
}

const unshare: readonly Pair[] = [
  {words: 'unshare --net', given: {unshare: 'net'}},
  {words: 'unshare --uts --ipc --cgroup', given: {unshare: 'uts,ipc,cgroup'}},
  {words: 'unshare --time', given: {unshare: 'time'}},
  {words: 'unshare --mount', given: {unshare: 'mount'}},
  {words: 'unshare --pid --fork', given: {unshare: 'pid'}},
  {words: 'unshare --pid --fork --mount-proc', given: {unshare: 'pid', 'mount-proc': true}},
  {words: 'unshare --user', given: {unshare: 'user'}},
  {words: 'unshare --map-root-user', given: {'map-root-user': true}},
  {words: 'unshare --map-current-user', given: {'map-current-user': true}},
  {
    words: 'unshare --user --pid --fork --mount-proc --net --uts --ipc --map-root-user',
    given: {unshare: 'user,pid,net,uts,ipc', 'mount-proc': true, 'map-root-user': true},
  },
  {words: 'unshare --root /usr', given: {chroot: '/usr'}},
  {words: 'chroot /usr', given: {chroot: '/usr'}},
]

const nsenter: readonly Pair[] = [
  {words: 'nsenter --target TARGET --net', given: {join: 'TARGET:net'}},
  {words: 'nsenter --net=/proc/TARGET/ns/net', given: {join: '/proc/TARGET/ns/net'}},
  {words: 'nsenter --target TARGET --uts --ipc --mount', given: {join: 'TARGET:uts,ipc,mnt'}},
  {words: 'nsenter --target TARGET --pid --mount', given: {join: 'TARGET:pid,mount'}},
  {words: 'nsenter --target TARGET --all', given: {join: 'TARGET'}},
]

/** Everything of namespaces that a process can see of itself; without /proc there is less to see. */
const probe = `
pwd; echo /*; [ $$ = 1 ] && echo first; id -u; id -g; id -G; hostname
for name in user mnt pid net uts ipc cgroup time; do
  link=$(readlink /proc/self/ns/$name); 
  case " $callers " in *" $link "*) echo "the caller's $name";; *) echo "another $name";; esac
done
cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups 2>/dev/null
cut -d ' ' -f 4- /proc/self/mountinfo 2>/dev/null | sed 's/ - \\([^ ]*\\) [^ ]*/ - \\1/'`

/** The caller's namespaces, to compare with from inside. */
const namesScript = 'for name in user mnt pid net uts ipc cgroup time; do readlink /proc/self/ns/$name; done'

describe.skipIf(!has.unshare)('the same namespaces as # needs root and namespaces', () => {
  let target: Spawned

  beforeAll(() => {
    const steps = readSteps(options({unshare: 'net,uts,ipc,pid,cgroup', 'mount-proc': true, init: true}), machine)
    target = spawnPlan(planFor('/bin/sleep', {args: ['600'], steps}), 'clone')
    return () => {
      process.kill(target.pid, 'SIGKILL')
      reapChild(target.pid)
      closeSync(target.pidfd)
    }
  })

  function compare({words, given}: Pair): void {
    const inserted = (text: string) => text.replaceAll('TARGET', String(target.pid))
    const names = spawnSync('/bin/sh', ['-c', namesScript], {encoding: 'utf8'}).stdout.trim()
    const script = `callers='${names.split('\n').join(' ')}'${probe}`
    const [file, ...args] = [...inserted(words).split(' '), '/bin/sh', '-c', script]
    const env = {PATH: '/usr/sbin:/usr/bin:/sbin:/bin'}
    const theirs = spawnSync(file as string, args, {encoding: 'utf8', env})
    expect(theirs.status).toBe(0)
    const mine = Object.entries(given).map(([name, value]) => [
      name,
      typeof value === 'string' ? inserted(value) : value,
    ])
    const steps = readSteps(options(Object.fromEntries(mine)), machine).filter(({kind}) => kind !== 'descriptors')
    const ours = tell('clone', steps, script, directory.path)
    expect(ours.lines).toEqual(theirs.stdout.split('\n').slice(0, -1))
  }

  it.each(unshare)('$words', compare)
  it.each(nsenter)('$words', compare)
})
