import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {limitsMet} from '../../src/methods/cgroup-events.js'
import {openDirectory} from '../helpers/observe.js'

const root = openDirectory()
afterAll(root.remove)

let made = 0
function groupOf(files: Readonly<Record<string, string>>): string {
  const directory = join(root.path, String(made++))
  for (const [name, text] of Object.entries({'cgroup.procs': '', ...files})) {
    mkdirSync(dirname(join(directory, name)), {recursive: true})
    writeFileSync(join(directory, name), text)
  }
  return directory
}

describe('limitsMet', () => {
  it.each([
    [[], []],
    [[{}], []],
    [[{'memory.events': 'low 0\nhigh 0\nmax 93\noom 2\noom_kill 0\noom_group_kill 0\n'}], []],
    [[{'memory.events': 'low 0\nhigh 0\nmax 93\noom 2\noom_kill 2\noom_group_kill 0\n'}], ['memory']],
    [[{'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n'}], ['memory']],
    [[{'memory.oom_control': 'oom_kill_disable 1\nunder_oom 0\n'}], []],
    [[{'pids.events': 'max 0\n'}], []],
    [[{'pids.events': 'max 12\n'}], ['pids']],
    [
      [{'memory.oom_control': 'oom_kill 1\n'}, {'pids.events': 'max 1\n'}],
      ['memory', 'pids'],
    ],
    [[{'pids.events': ''}], []],
  ] as const)('of %j are %j', (groups, expected) => {
    expect(limitsMet(groups.map(groupOf))).toEqual(expected)
  })

  it('of a group that is gone are none', () => {
    expect(limitsMet([join(root.path, 'gone')])).toEqual([])
  })
})
