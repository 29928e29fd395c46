import {describe, expect, it} from 'vitest'
import {candidates, makePlan} from '../../src/plan/plan.js'
import type {Step} from '../../src/plan/step.js'
import {readableText} from '../../src/plan/text.js'

const base = {file: '/bin/x', argv: ['x'], env: [], steps: []}

describe('makePlan', () => {
  it.each([
    ['the program’s name', {file: '/bin/\0x'}, 'the program’s name contains a NUL byte at position 5'],
    ['argv[0]', {argv: ['\0']}, 'argument 0 contains a NUL byte at position 0'],
    ['an argument', {argv: ['x', 'ok', 'b\0ad']}, 'argument 2 contains a NUL byte at position 1'],
    ['a value', {env: ['A=1', 'B=\0']}, 'environment entry "B" contains a NUL byte at position 2'],
    ['bytes', {argv: ['x', Uint8Array.of(65, 0, 66)]}, 'argument 1 contains a NUL byte at position 1'],
    [
      'the working directory',
      {steps: [{kind: 'chdir', path: '/\0'}]},
      'the working directory contains a NUL byte at position 1',
    ],
  ] as const)('refuses a NUL in %s, and says where', (_, pieces, message) => {
    expect(() => makePlan({...base, ...pieces})).toThrow(
      expect.objectContaining({name: 'PlanError', code: 'E_NUL', message, exitCode: 125}),
    )
  })

  it.each(['', new Uint8Array()])('refuses an empty name as not found', file => {
    expect(() => makePlan({...base, file})).toThrow(expect.objectContaining({code: 'E_FILE', exitCode: 127}))
  })

  it('refuses an empty argv, which the kernel would fill', () => {
    expect(() => makePlan({...base, argv: []})).toThrow(expect.objectContaining({code: 'E_ARGV'}))
  })

  it('takes empty arguments', () => {
    expect(makePlan({...base, argv: ['', '']}).argv).toEqual(['', ''])
  })

  it.each<[Step[], string]>([
    [[{kind: 'setsid'}, {kind: 'setsid'}], 'the step setsid is there twice'],
    [[{kind: 'umask', mask: 0o1000}], '512 is no file mode creation mask'],
    [[{kind: 'umask', mask: -1}], '-1 is no file mode creation mask'],
    [[{kind: 'umask', mask: 0.5}], '0.5 is no file mode creation mask'],
    [
      [
        {
          kind: 'descriptors',
          placements: [
            {to: 3, from: 1},
            {to: 3, from: 2},
          ],
        },
      ],
      'descriptor 3 is placed twice',
    ],
  ])('refuses the steps %j', (steps, message) => {
    expect(() => makePlan({...base, steps})).toThrow(expect.objectContaining({code: 'E_STEPS', message}))
  })

  it('adds what no child can do without', () => {
    expect(makePlan(base).steps).toEqual([
      {kind: 'sigdefault', signals: [13, 25]},
      {kind: 'descriptors', placements: [0, 1, 2].map(fd => ({to: fd, from: fd}))},
      {kind: 'sigmask', signals: []},
    ])
  })

  it('leaves its argument as it is', () => {
    const steps: Step[] = [{kind: 'umask', mask: 0}, {kind: 'setsid'}]
    makePlan({...base, steps})
    expect(steps.map(({kind}) => kind)).toEqual(['umask', 'setsid'])
  })
})

describe('candidates', () => {
  const of = (file: string | Uint8Array, ...env: (string | Uint8Array)[]) =>
    candidates({...base, file, env}).map(readableText)

  it.each(['/bin/x', './x', 'a/b', 'x/', '../x'])('is %s itself, for it has a slash', file => {
    expect(of(file, 'PATH=/bin')).toEqual([file])
  })

  it.each([
    ['PATH in its order', ['PATH=/b:/a'], ['/b/x', '/a/x']],
    ['PATH unset', ['HOME=/'], ['/bin/x', '/usr/bin/x']],
    ['PATH empty, which is the working directory', ['PATH='], ['./x']],
    ['an empty entry at the front', ['PATH=:/bin'], ['./x', '/bin/x']],
    ['an empty entry in the middle', ['PATH=/bin::/usr/bin'], ['/bin/x', './x', '/usr/bin/x']],
    ['an empty entry at the end', ['PATH=/bin:'], ['/bin/x', './x']],
    ['an entry given twice, once', ['PATH=/bin:/usr/bin:/bin'], ['/bin/x', '/usr/bin/x']],
    ['relative entries', ['PATH=bin:.'], ['bin/x', './x']],
    ['the first of two PATHs', ['PATH=/a', 'PATH=/b'], ['/a/x']],
    ['no variable that is only like PATH', ['MYPATH=/a', 'PATHX=/b'], ['/bin/x', '/usr/bin/x']],
  ])('searches %s', (_, env, paths) => {
    expect(of('x', ...env)).toEqual(paths)
  })

  it('keeps bytes that are no UTF-8, in the name and in PATH', () => {
    const bytes = (...parts: (string | number)[]) =>
      Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))))
    const [found] = candidates({...base, file: bytes('x', 0xff), env: [bytes('PATH=/', 0xfe)]})
    expect(Buffer.from(found as Uint8Array)).toEqual(bytes('/', 0xfe, '/x', 0xff))
    const [itself] = candidates({...base, file: bytes('/', 0xff), env: []})
    expect(Buffer.from(itself as Uint8Array)).toEqual(bytes('/', 0xff))
  })
})
