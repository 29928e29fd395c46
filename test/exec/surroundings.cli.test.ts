import {chmodSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {afterAll, describe, expect, it} from 'vitest'
import {has} from '../helpers/needs.js'
import {runCli, runShell} from '../helpers/run-cli.js'

const closed = mkdtempSync(join(tmpdir(), 'spawnctl-closed-'))
chmodSync(closed, 0o700)
afterAll(() => rmSync(closed, {recursive: true}))

const withoutProc =
  'exec unshare --user --map-root-user --mount sh -c \'mount -t tmpfs none /proc && exec "$NODE" "$CLI" "$@"\' sh "$@"'

describe.concurrent('without /proc', () => {
  it.skipIf(!has.userNamespaces).each([
    ['exec --method zygote true', /there is no \/proc\/self\/status here/],
    ['exec --unshare user --map-root-user true', /no proc file system here, through which ids are mapped/],
    ['exec --method clone --oom-score-adj 5 true', /no proc file system here, through which it is set/],
    ['bench --quick --methods fork', /there is no \/proc\/self\/status here/],
    ['recommend --posix --pid 1', /no proc file system here, or not the one of this pid namespace/],
  ])('%s says what is missing # needs user namespaces', async (line, why) => {
    const {status, stderr} = await runShell(withoutProc, line.split(' '))
    expect(stderr).toMatch(/^spawnctl: .*\nwhy: {2}.*\nnext: mount -t proc proc \/proc\n$/)
    expect(stderr).toMatch(why)
    expect(status).not.toBe(0)
  })
})

describe.concurrent('the zygote says why there is none', () => {
  it('where files may have no size', async () => {
    const {status, stderr} = await runShell('ulimit -f 0; spawnctl exec --method zygote true')
    expect(stderr).toMatch(/EFBIG\)\nwhy: {2}.*RLIMIT_FSIZE.*\nnext: ulimit -f unlimited; or --method clone/)
    expect(status).toBe(125)
  })

  it.skipIf(!has.rootAndOpenTree)('in a directory that its user may not enter # needs root', async () => {
    const become = 'setpriv --reuid 61240 --regid 61240 --clear-groups'
    const {status, stderr} = await runShell(`cd "$1"; ${become} "$NODE" "$CLI" exec --method zygote /bin/true`, [
      closed,
    ])
    expect(stderr).toMatch(/EACCES\)\nwhy: {2}.*working directory.*\nnext: cd \/ before/)
    expect(status).toBe(125)
  })
})

const withoutDevices =
  'exec unshare --user --map-root-user --mount sh -c \'mount -t tmpfs none /dev && "$NODE" "$CLI" "$@"; ls -A /dev\' sh "$@"'

describe.concurrent('without /dev/null', () => {
  it
    .skipIf(!has.userNamespaces)
    .each([
      'exec --stdin null --stdout null /bin/echo',
      'exec --stdout write:/dev/null /bin/echo',
      'exec --method zygote /bin/true',
      'bench --quick --methods fork',
    ])('%s makes no file of that name # needs user namespaces', async line => {
    const {stdout, stderr} = await runShell(withoutDevices, line.split(' '))
    expect(stderr).toMatch(/^spawnctl: .*ENOENT\)\nwhy: {2}.*\nnext: .*\n$/)
    expect(stdout).toBe('')
  })
})

describe.concurrent('where Node may load no addon', () => {
  it.each(['exec true', 'exec --dry-run true'])('%s says so', async line => {
    const {status, stderr} = await runCli(line.split(' '), {env: {NODE_OPTIONS: '--no-addons'}})
    expect(stderr).toMatch(/^spawnctl: the addon .* cannot be loaded\nwhy: {2}.*\nnext: leave --no-addons out .*\n$/)
    expect(status).toBe(125)
  })

  it.skipIf(!has.unshare)('because its file system is noexec, exec says so # needs namespaces', async () => {
    const script =
      'unshare --mount sh -c \'mount --bind "$1" "$1" && mount -o remount,bind,noexec "$1" && exec "$NODE" "$CLI" exec true\' sh "$1"'
    const {status, stderr} = await runShell(script, [fileURLToPath(new URL('../../node_modules', import.meta.url))])
    expect(stderr).toMatch(/^spawnctl: the addon .* cannot be loaded\nwhy: {2}.*\nnext: mount \| grep noexec .*\n$/)
    expect(status).toBe(125)
  })
})
