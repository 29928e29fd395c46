import {describe, expect, it} from 'vitest'
import {has} from '../helpers/needs.js'
import {runShell} from '../helpers/run-cli.js'

/** As in a container that runs as some number, with an empty environment. */
const nobody = 'exec env -i PATH="$PATH" setpriv --reuid 61299 --regid 61299 --clear-groups "$NODE" "$CLI"'
const failsWithThem = `sh -c '! env | grep -qE "^(HOME|SHELL)="'`

/** The words of a command, its status, and something of its output. */
const commands: readonly [words: string, status: number, stdout: RegExp][] = [
  ['--version', 0, /^spawnctl\//],
  ['exec --help', 0, /^USAGE/m],
  ['exec -- true', 0, /^$/],
  ['recommend --posix', 0, /^ {2}spawnctl exec /m],
  ['recommend --pid $$', 0, /^ {2}spawnctl exec /m],
  ['doctor', 0, /^exec works here/m],
  ['bench -n 2 --methods fork --peers perl -- true', 0, /^perl /m],
]

describe.skipIf(!has.rootAndOpenTree)('a user without an account, a home or a shell # needs root', () => {
  it.each(commands)('has every command: %s', async (words, status, stdout) => {
    const run = await runShell(`${nobody} ${words}`)
    expect(run).toMatchObject({status, stdout: expect.stringMatching(stdout)})
    expect(run.stderr).not.toContain('SystemError')
  })

  it('measures programs that get none of these either', async () => {
    const run = await runShell(`${nobody} bench -n 2 --methods fork -- ${failsWithThem}`)
    expect(run.status, run.stderr).toBe(0)
  })
})
