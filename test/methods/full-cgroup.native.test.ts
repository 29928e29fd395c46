import {execFileSync} from 'node:child_process'
import {mkdirSync, rmdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {ownCgroups} from '../../dist/methods/cgroup-tree.js'
import {until} from '../helpers/run-cli.js'

const creation = new URL('../../dist/methods/diagnosis/creation.js', import.meta.url).href

/** Fills its own cgroup, and says how the errno that follows from it is explained. */
const script = `
import {readFileSync, writeFileSync} from 'node:fs'
const {explainCreation} = await import('${creation}')
const group = process.argv[1]
writeFileSync(group + '/cgroup.procs', String(process.pid))
writeFileSync(group + '/pids.max', readFileSync(group + '/pids.current'))
console.log(JSON.stringify(explainCreation('clone', 'EAGAIN')))`

/** Each version’s own group, where its pids controller may be limited in a group below. */
const parents = [
  {version: 1, parent: ownCgroups('pids')[0]},
  {version: 2, parent: ownCgroups()[0]},
].map(({version, parent}) => {
  const group = join(parent ?? '/nowhere', `spawnctl-test-full-${process.pid}`)
  try {
    mkdirSync(group)
    try {
      writeFileSync(join(group, 'pids.max'), '1000')
    } finally {
      rmdirSync(group)
    }
    return {version, group, need: ''}
  } catch {
    return {version, group, need: ` # needs version ${version} with a pids controller that is ours to give`}
  }
})

describe.each(parents)('a full cgroup of version $version$need', ({group, need}) => {
  beforeAll(() => {
    if (need === '') mkdirSync(group)
  })
  afterAll(() =>
    need === ''
      ? until('the end of the cgroup', () => {
          try {
            rmdirSync(group)
            return true
          } catch {
            return false
          }
        })
      : undefined,
  )

  it.skipIf(need !== '')('is named as the reason of EAGAIN', () => {
    const stdout = execFileSync(process.execPath, ['--input-type=module', '-e', script, group], {encoding: 'utf8'})
    expect(JSON.parse(stdout).why).toMatch(new RegExp(`^the cgroup ${group} is at its pids.max of \\d+$`))
  })
})
