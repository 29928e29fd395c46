import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {named, places, type Tree} from '../../src/methods/cgroup-places.js'

let mount: string
beforeEach(() => {
  mount = mkdtempSync('/tmp/spawnctl-cgroups-')
})
afterEach(() => rmSync(mount, {recursive: true}))

/** Directories that look like cgroups of version 2: path to "controllers it has | those it gives | its processes". */
function make(groups: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(groups)) {
    const [has, gives, processes] = text.split('|').map(part => part.trim())
    mkdirSync(join(mount, path), {recursive: true})
    const write = (file: string, content: string | undefined) => writeFileSync(join(mount, path, file), `${content}\n`)
    write('cgroup.controllers', has)
    write('cgroup.subtree_control', gives)
    write('cgroup.procs', processes)
  }
}

const all = 'cpu memory pids'
const inGroup = (own: string): Tree => ({mounts: {unified: mount, legacy: {}}, own: {unified: own, legacy: {}}})
const parents = (path: string | undefined, tree: Tree) =>
  places(path, {pidsMax: 5, memoryMax: 4096}, tree, writeFileSync).map(({directory, version, controllers}) => {
    expect(directory).toMatch(/\/spawnctl-\d+-\d+$/)
    return `${directory.slice(mount.length).replace(/\/spawnctl-.*/, '') || '/'} ${version} ${controllers.join(' ')}`
  })
const given = (path: string) => readFileSync(join(mount, path, 'cgroup.subtree_control'), 'utf8')

describe('a control group of its own', () => {
  it('is a sibling of the caller’s, where the one above gives the controllers', () => {
    make({'/': `${all}|${all}|`, '/app': `${all}|memory pids|`, '/app/shell': 'memory pids||17'})
    expect(parents(undefined, inGroup('/app/shell'))).toEqual(['/app 2 memory pids'])
    expect(given('/app')).toBe('memory pids\n')
  })

  it('is below the root, which may be told to give them whatever runs in it', () => {
    make({'/': `${all}||1`})
    expect(parents(undefined, inGroup('/'))).toEqual(['/ 2 memory pids'])
    expect(given('/')).toBe('+memory +pids')
  })

  it('is not below one with processes, which cannot give any', () => {
    make({'/': `${all}||1`, '/shell': `${all}||17`})
    expect(parents(undefined, inGroup('/shell'))).toEqual(['/ 2 memory pids'])
    expect(given('/shell')).toBe('\n')
  })

  it('is told only what is missing', () => {
    make({'/': `${all}|${all}|`, '/box': `${all}|pids|`})
    expect(parents('/box', inGroup('/'))).toEqual(['/box 2 memory pids'])
    expect(given('/box')).toBe('+memory')
  })

  it('is in version 1 for the controllers that are mounted there', () => {
    make({'/': 'memory||1', '/legacy-pids/me': '||'})
    const tree: Tree = {
      mounts: {unified: mount, legacy: {pids: join(mount, 'legacy-pids')}},
      own: {unified: '/', legacy: {pids: '/me'}},
    }
    expect(parents(undefined, tree)).toEqual(['/legacy-pids/me 1 pids', '/ 2 memory'])
  })

  it.each([
    ['legacy-pids/box', ['memory'], 'its hierarchy, of version 1, has pids, name=x alone'],
    ['unified/box', ['memory', 'pids'], 'it is of version 2, and here version 1 has memory and pids'],
  ])('is refused below %s, for %j are in another hierarchy', (path, missing, why) => {
    make({'/unified': '||1', '/unified/box': '||', '/legacy-pids/box': '||'})
    writeFileSync(join(mount, 'legacy-pids/box/cgroup.clone_children'), '0\n')
    const pids = join(mount, 'legacy-pids')
    const legacy = {pids, 'name=x': pids, memory: join(mount, 'legacy-memory')}
    const tree: Tree = {mounts: {unified: join(mount, 'unified'), legacy}, own: {unified: '/', legacy: {}}}
    expect(() => parents(join(mount, path), tree)).toThrow(
      expect.objectContaining({
        message: `the control group ${join(mount, path)} cannot limit ${missing.join(' and ')}`,
        why,
        next: expect.stringMatching(/^leave --cgroup out/),
      }),
    )
    expect(readdirSync(join(mount, path)).filter(name => name.startsWith('spawnctl-'))).toEqual([])
  })

  it('is refused where no controller is to be had', () => {
    make({'/': 'hugetlb||1'})
    const refused = expect.objectContaining({
      code: 'E_CGROUP',
      message: 'no control group here can limit memory and pids',
    })
    expect(() => parents(undefined, inGroup('/'))).toThrow(refused)
    expect(() => parents(undefined, {mounts: {unified: undefined, legacy: {}}, own: inGroup('/').own})).toThrow(refused)
  })
})

describe('the name of a control group', () => {
  it('is a directory, or a path below the mount', () => {
    make({'/': '||', '/box': '||'})
    const found = {directory: join(mount, 'box'), version: 2}
    for (const name of [join(mount, 'box'), '/box', 'box']) expect(named(name, inGroup('/'))).toEqual(found)
  })

  it('is one of version 1 where the files say so', () => {
    make({'/old': '||'})
    writeFileSync(join(mount, 'old/cgroup.clone_children'), '0\n')
    expect(named(join(mount, 'old'), inGroup('/'))).toEqual({directory: join(mount, 'old'), version: 1})
  })

  it('has to be there', () => {
    expect(() => named('/nowhere', inGroup('/'))).toThrow(
      expect.objectContaining({code: 'E_CGROUP', message: 'there is no control group /nowhere'}),
    )
  })
})
