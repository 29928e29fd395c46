import {describe, expect, it} from 'vitest'
import {type DryRun, dryRunText} from '../../src/report/dry-run.js'

const run: DryRun = {
  method: 'clone',
  why: 'as asked',
  program: ['echo', 'a b', 'a\nb'],
  supervision: ['SIGTERM after 10 ms'],
  calls: [
    {by: 'caller', call: 'clone3({…}, 88)', reason: 'a child of its own'},
    {by: 'child', call: 'chdir("/it’s")', step: 'chdir', reason: 'working directory /it', place: 'After the identity.'},
    {by: 'child', call: 'rt_sigaction(…)', times: 64, reason: 'the program’s handlers'},
    {by: 'child', call: 'fchdir(3)', step: 'chdir', reason: 'working directory /it', place: 'After the identity.'},
  ],
}

describe('dryRunText', () => {
  it('has a reason above a call, and the place of a step once', () => {
    expect(dryRunText(run, {glyphs: 'unicode', columns: undefined})).toBe(`# echo 'a b' $'a\\nb'
# method clone: as asked
# a child of its own
caller  clone3({…}, 88)
# working directory /it. After the identity.
child   chdir("/it’s")
# the program’s handlers
child   rt_sigaction(…)  × 64
# working directory /it
child   fchdir(3)
# then: SIGTERM after 10 ms
`)
  })

  it('wraps comments between words, and no call', () => {
    const lines = dryRunText(run, {glyphs: 'unicode', columns: 24}).split('\n')
    expect(lines.slice(4, 7)).toEqual(['# working directory /it.', '# After the identity.', 'child   chdir("/it’s")'])
  })

  it('has no letters but ASCII’s of its own where there are no others', () => {
    const text = dryRunText(run, {glyphs: 'ascii', columns: undefined})
    expect(text).toContain("# the program's handlers\nchild   rt_sigaction(...)  x 64\n")
    expect(text).toContain('chdir("/it’s")')
  })
})
