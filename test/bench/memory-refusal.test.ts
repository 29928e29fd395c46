import {describe, expect, it} from 'vitest'
import {memoryRefusal} from '../../src/bench/memory-refusal.js'
import {noBallast} from '../helpers/fake-runner.js'

const memory = {...noBallast, memoryBytes: 4096}

describe('a process with nothing but its language', () => {
  it.each([{mappings: 1}, {mappedBytes: 4096}, {threads: 1}])('cannot carry %j', more => {
    for (const hugePages of ['asks', 'takes'] as const)
      expect(memoryRefusal({...memory, ...more}, hugePages, 'madvise')).toBe(
        'touched memory is all that can be added to it',
      )
  })

  it.each([
    ['asks', 'never', 'always', true],
    ['asks', 'always', 'madvise', true],
    ['takes', 'never', 'never', true],
    ['takes', 'never', 'madvise', true],
    ['takes', 'never', 'always', false],
    ['takes', 'always', 'always', true],
    ['takes', 'always', 'madvise', false],
    ['takes', 'always', 'never', false],
  ] as const)('that %s for huge pages, wanted %s where the system says %s: %s', (hugePages, thp, system, able) => {
    const refusal = memoryRefusal({...memory, thp}, hugePages, system)
    if (able) expect(refusal).toBeUndefined()
    else expect(refusal).toContain(`enabled says ${system})`)
    expect(memoryRefusal({...noBallast, thp}, hugePages, system), 'without memory').toBeUndefined()
  })
})
