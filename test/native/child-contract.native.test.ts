import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {methods, methodTraits} from '../../src/methods/method.js'
import {callersEnvironment} from '../../src/plan/environment.js'
import {lower} from '../../src/plan/lower.js'
import {actionKinds} from '../../src/plan/spawn-actions.js'
import type {Step} from '../../src/plan/step.js'
import type {Text} from '../../src/plan/text.js'
import {type BlockLayout, decodeBlock, writtenLayout} from '../helpers/block.js'
import {fixture} from '../helpers/fixture.js'
import {planFor} from '../helpers/plans.js'

const target = join('dist/native', `linux-${process.arch}`)
const child = join(target, 'objects/child.c.o')
const library = join(target, 'libspawnctl.so')
const zygote = join(target, 'spawnctl-zygote')

function run(program: string, ...args: string[]): string {
  const {status, stdout, stderr} = spawnSync(program, args, {encoding: 'utf8', env: {...process.env, LC_ALL: 'C'}})
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return stdout
}

function lines(text: string): string[] {
  return text.split('\n').filter(line => line.trim() !== '')
}

describe('the child’s code', () => {
  it('calls nothing outside itself', () => {
    expect(run('nm', '--defined-only', child)).toContain('run_child')
    expect(lines(run('nm', '-u', child))).toEqual([])
  })

  it('touches no thread-local storage, which is the parent’s', () => {
    const code = run('objdump', '-d', '--no-show-raw-insn', child)
    expect(code).toContain('<run_child>')
    expect(code).not.toMatch(/%fs:|%gs:|tpidr_el0/)
    expect(run('readelf', '-SW', child)).not.toMatch(/\.tdata|\.tbss/)
  })

  it('has no data that it could write to', () => {
    const sizes = new Map(lines(run('size', '-A', child)).map(line => line.trim().split(/\s+/) as [string, string]))
    expect(sizes.get('.text')).toMatch(/^[1-9]/)
    expect([sizes.get('.data') ?? '0', sizes.get('.bss') ?? '0']).toEqual(['0', '0'])
  })

  it('needs less than the smallest page of stack', () => {
    const code = run('objdump', '-d', '--no-show-raw-insn', child)
    const frames = [...code.matchAll(/sub\s+\$0x([0-9a-f]+),%rsp|sub\s+sp, sp, #0x([0-9a-f]+)/g)]
    const bytes = frames.map(([, x64, arm64]) => Number.parseInt((x64 ?? arm64) as string, 16))
    expect(bytes.reduce((sum, frame) => sum + frame, 0)).toBeLessThan(1024)
  })

  it('opens with its contract', () => {
    const source = readFileSync('src/native/child.c', 'utf8')
    expect(source).toMatch(/^\/\* Runs in the child, from its creation until execve\.\n/)
    const contract = source.slice(0, source.indexOf('*/'))
    for (const word of ['Memory:', 'May call:', 'Signals:', 'Reports:', 'Ends:', 'Held to:', 'Source:'])
      expect(contract).toContain(` * ${word}`)
  })
})

describe('the core', () => {
  const dynamic = run('readelf', '-dW', library)

  it('is bound at load: the resolver would run on the child’s stack', () => {
    expect(dynamic).toMatch(/\(FLAGS\).*BIND_NOW/)
    expect(dynamic).toMatch(/\(FLAGS_1\).*NOW/)
  })

  it('is never unloaded: its thread outlives every worker', () => {
    expect(dynamic).toMatch(/\(FLAGS_1\).*NODELETE/)
  })

  it('names no library, so that it takes the libc that Node has', () => {
    expect(dynamic).toContain('(SYMTAB)')
    expect(dynamic).not.toContain('(NEEDED)')
  })

  it('exports nothing that is not its own', () => {
    const names = lines(run('nm', '-D', '--defined-only', library)).map(line => line.split(' ').at(-1))
    expect(names).toContain('spawnctl_spawn')
    expect(names.filter(name => !name?.startsWith('spawnctl_'))).toEqual([])
  })

  it('has exactly the functions that JavaScript knows', () => {
    const names = lines(run('nm', '-D', '--defined-only', library)).map(line => line.split(' ').at(-1))
    const binding = readFileSync('src/native/binding.ts', 'utf8')
    const known = Array.from(binding.matchAll(/^ {2}(spawnctl_\w+): \[/gm), ([, name]) => name)
    expect(names.sort()).toEqual(known.sort())
  })
})

describe('the zygote', () => {
  it('is static, and alone', () => {
    expect(run('readelf', '-hW', zygote)).toMatch(/Type:\s+EXEC/)
    expect(run('readelf', '-lW', zygote)).not.toMatch(/INTERP|DYNAMIC/)
    expect(lines(run('nm', '-u', zygote))).toEqual([])
  })
})

describe('the script block', () => {
  const isNumber = (name: string) => /^[A-Z_\d]+$/.test(name)
  const layout: BlockLayout = JSON.parse(run(fixture('print-block-layout')))
  const numbers = Object.fromEntries(Object.entries(layout).filter(([name]) => isNumber(name)))

  it('has in C the layout that the pure tests read it by', () => {
    const offsets = Object.fromEntries(Object.entries(layout).filter(([name]) => !isNumber(name)))
    expect(offsets).toEqual(writtenLayout)
  })

  it('has the layout that docs/architecture.md shows', () => {
    const [, header = ''] = /^\*\*Header\*\*.*?\n\n(.*?)\n\n/ms.exec(readFileSync('docs/architecture.md', 'utf8')) ?? []
    const rows = lines(header).slice(2)
    const shown = rows.flatMap(row => {
      const [, offsets = '', , names = '', meaning = ''] = row.split('|').map(cell => cell.trim())
      const fields = Array.from(names.matchAll(/`(\w+(?:\.\w+)?)`/g), ([, name]) => name as string)
      if (names === '`layout`') expect(Number(meaning)).toBe(numbers.SCRIPT_LAYOUT)
      return fields.map((name, i) => [`script_header.${name}`, Number(offsets.split(', ')[i])])
    })
    const real = Object.entries(layout).filter(([name]) => name.startsWith('script_header.'))
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(real))
  })

  it('has the same numbers for the methods in both languages', () => {
    expect(methods.map(method => methodTraits[method].number)).toEqual([
      numbers.METHOD_FORK,
      numbers.METHOD_VFORK,
      numbers.METHOD_POSIX_SPAWN,
      numbers.METHOD_CLONE,
      numbers.METHOD_CLONE_VM,
      numbers.METHOD_ZYGOTE,
    ])
    const actions = ['DUP2', 'CLOSE', 'CHDIR', 'CLOSEFROM', 'OPEN', 'TCSETPGRP'].map(name => numbers[`ACTION_${name}`])
    expect(Object.values(actionKinds)).toEqual(actions)
  })

  it('reads in C’s layout as TypeScript wrote it', () => {
    const plan = planFor('/bin/x', {
      args: ['one', ''],
      env: ['A=1', 'B=2'],
      steps: [
        {kind: 'setuid', uid: 1000},
        {kind: 'chdir', path: '/tmp'},
        {
          kind: 'descriptors',
          placements: [
            {to: 1, from: 2},
            {to: 2, from: 1},
            {to: 9, from: 'closed'},
          ],
        },
      ],
    })
    const {image, calls} = lower(plan, {methodNumber: 4, arch: 'x64', form: 'script', openFds: undefined})
    const block = decodeBlock(image, layout)
    expect(block).toMatchObject({
      magic: numbers.SCRIPT_MAGIC,
      layout: numbers.SCRIPT_LAYOUT,
      totalBytes: image.length,
      method: numbers.METHOD_CLONE,
      traits: numbers.TRAIT_CHANGES_CREDENTIALS,
      fdFloor: 10,
      slotCount: 2,
      argv: ['/bin/x', 'one', ''],
      envp: ['A=1', 'B=2'],
      candidates: ['/bin/x'],
      terminators: [0n, 0n, 0n],
      shell: '/bin/sh',
    })
    expect(block.steps.map(step => step.nr)).toEqual(calls.map(call => call.nr))
    const chdir = block.steps[calls.findIndex(call => call.name === 'chdir')]!
    expect(Buffer.from((chdir.args[0] as {bytes: Uint8Array}).bytes.subarray(0, 5)).toString()).toBe('/tmp\0')
    const moves = block.steps.filter((_, i) => calls[i]?.name === 'dup3')
    expect(moves.map(({args}) => args.slice(0, 2))).toEqual([
      [{slot: 0n}, 1n],
      [{slot: 1n}, 2n],
    ])
  })

  it.each<{traits: readonly string[]; step: Step; env?: readonly Text[]}>([
    {traits: ['CHANGES_CREDENTIALS'], step: {kind: 'setuid', uid: 1000}},
    {traits: ['SAME_VIEW'], step: {kind: 'umask', mask: 0}},
    {traits: ['SAME_VIEW', 'CALLERS_ENVIRONMENT'], step: {kind: 'umask', mask: 0}, env: callersEnvironment},
    {
      traits: ['CHANGES_CREDENTIALS', 'SECOND_PROCESS'],
      step: {kind: 'join', targets: [{fd: 9, namespace: 'pid'}]},
    },
  ])('has the traits $traits as C knows them', ({traits, step, env = []}) => {
    const plan = planFor('/bin/x', {steps: [step, {kind: 'descriptors', placements: []}], env})
    const lowering = {methodNumber: 4, arch: 'x64', form: 'script', openFds: undefined, openInit: () => 9} as const
    const expected = traits.reduce((sum, name) => sum + (numbers[`TRAIT_${name}`] as number), 0)
    expect(decodeBlock(lower(plan, lowering).image, layout).traits).toBe(expected)
  })

  it('reads in C’s layout as TypeScript wrote it for posix_spawn', () => {
    const plan = planFor('/bin/x', {
      steps: [
        {kind: 'setsid'},
        {kind: 'chdir', path: '/tmp'},
        {
          kind: 'descriptors',
          placements: [
            {to: 1, from: 2},
            {to: 2, from: 'closed'},
          ],
        },
        {kind: 'sigmask', signals: [1, 64]},
      ],
    })
    const {image} = lower(plan, {methodNumber: 3, arch: 'x64', form: 'posix_spawn', openFds: undefined})
    const {actions, attributes} = decodeBlock(image, layout)
    expect(actions).toEqual([
      {kind: numbers.ACTION_CHDIR, fd: 0, target: 0, path: '/tmp'},
      {kind: numbers.ACTION_DUP2, fd: 2, target: 3, path: undefined},
      {kind: numbers.ACTION_DUP2, fd: 3, target: 1, path: undefined},
      {kind: numbers.ACTION_CLOSE, fd: 2, target: 0, path: undefined},
      {kind: numbers.ACTION_CLOSEFROM, fd: 3, target: 0, path: undefined},
    ])
    expect(attributes).toMatchObject({setsid: 1, setpgroup: 0, sigmask: (1n << 63n) | 1n})
  })
})
