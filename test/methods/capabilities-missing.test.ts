import {describe, expect, it} from 'vitest'
import {explainCapabilities} from '../../src/methods/diagnosis/capabilities.js'
import {allCapabilities} from '../../src/plan/capability-names.js'
import type {Step} from '../../src/plan/step.js'
import {has} from '../helpers/needs.js'
import {runShell} from '../helpers/run-cli.js'

const last = 40
const [CHOWN, NET_RAW, SYS_RESOURCE] = [0, 13, 24]
const all = allCapabilities(last)
const almostAll = all.filter(capability => capability !== SYS_RESOURCE)

function told(wanted: readonly number[], permitted: readonly number[], before: readonly Step[] = []) {
  const capset: Step = {kind: 'capabilities', permitted, inheritable: wanted}
  const steps: readonly Step[] = [...before, capset, {kind: 'ambient', capabilities: wanted}]
  return explainCapabilities(capset, steps, 'EPERM', () => ({permitted, last}))
}

describe('capabilities that the caller cannot give', () => {
  it.each([
    {wanted: all, permitted: almostAll, missing: 'sys_resource', next: '--ambient-caps all,-sys_resource'},
    {wanted: [CHOWN, NET_RAW, SYS_RESOURCE], permitted: almostAll, missing: 'sys_resource', next: ' chown,net_raw'},
    {wanted: [NET_RAW, SYS_RESOURCE], permitted: [], missing: 'net_raw,sys_resource', next: 'sudo, or start'},
  ])('are named, with what is there: $missing of $wanted', ({wanted, permitted, missing, next}) => {
    const advice = told(wanted, permitted)
    expect(advice?.why).toMatch(new RegExp(`does not have ${missing}$`))
    expect(advice?.next).toContain(next)
  })

  it('are not named where none is missing, or a user namespace gives them', () => {
    expect(told([CHOWN], almostAll)).toBeUndefined()
    expect(told(all, almostAll, [{kind: 'unshare', namespaces: ['user']}])).toBeUndefined()
  })

  it.skipIf(!has.root)('are named by exec, whose advice works # needs root', async () => {
    const spawnctl = 'setpriv --bounding-set -net_raw "$NODE" "$CLI" exec --user nobody'
    const {status, stderr} = await runShell(`${spawnctl} --ambient-caps all true`)
    expect({status, stderr}).toMatchObject({
      status: 125,
      stderr: expect.stringMatching(/^why: .*the caller does not have \S*\bnet_raw\b/m),
    })
    const advised = /--ambient-caps (\S+?);? /.exec(stderr)?.[1] as string
    expect(await runShell(`${spawnctl} --ambient-caps "$1" true`, [advised])).toMatchObject({status: 0, stderr: ''})
  })
})
