import {spawnSync} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {has} from '../helpers/needs.js'
import {runCli} from '../helpers/run-cli.js'

/** What env and setpriv can change, as the program itself sees it; "_" is the shell's own. */
const look = [
  '/bin/sh',
  '-c',
  '/usr/bin/env | /usr/bin/sort | /bin/grep -v ^_=; pwd; /bin/grep -E "^(Sig[BI]|Uid|Gid|Groups)" /proc/self/status',
]

/** The words of the tool, and the options of spawnctl that ask for the same. */
const env: readonly [theirs: string, ours: string][] = [
  ['env', ''],
  ['env -i', '--clear-env'],
  ['env -i A=1 B=a=b', '--clear-env --env A=1 --env B=a=b'],
  ['env A=1 A=2', '--env A=1 --env A=2'],
  ['env -u HOME -u NONE C=', '--unset-env HOME --unset-env NONE --env C='],
  ['env -C /usr', '--cwd /usr'],
  ['env --ignore-signal=HUP,USR1', '--sigignore HUP,USR1'],
  ['env --block-signal=INT --block-signal=TERM', '--sigmask INT,TERM'],
  ['env --ignore-signal=HUP --default-signal=HUP', '--sigdefault HUP'],
]
const identity: readonly [theirs: string, ours: string][] = [
  ['setpriv --reuid 61234 --regid 61235 --clear-groups', '--uid 61234 --gid 61235 --groups none'],
  ['setpriv --reuid 61234 --regid 61235 --groups 5,61236', '--uid 61234 --gid 61235 --groups 5,61236'],
  ['setpriv --reuid 61234 --regid 61235 --keep-groups', '--uid 61234 --gid 61235'],
  ['setpriv --reuid nobody --regid nogroup --init-groups', '--user nobody'],
]

async function compare(theirs: string, ours: string): Promise<void> {
  const [tool, ...words] = theirs.split(' ') as [string, ...string[]]
  const {status, stdout} = spawnSync(tool, [...words, ...look], {encoding: 'utf8'})
  expect(status).toBe(0)
  const options = ours === '' ? [] : ours.split(' ')
  expect(await runCli(['exec', ...options, '--', ...look])).toMatchObject({status: 0, stdout, stderr: ''})
}

describe('the same state of the program as', () => {
  it.each(env)('%s', compare)
  it.skipIf(!has.root).each(identity)('%s # needs root', compare)
})
