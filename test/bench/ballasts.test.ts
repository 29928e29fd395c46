import {describe, expect, it} from 'vitest'
import {ballastsOf} from '../../src/bench/ballasts.js'

const none = {memoryBytes: [0], mappedBytes: [0], mappings: [0], threads: [0], thp: ['never']} as const

describe('the ballasts of a request', () => {
  it('are every combination, memory growing fastest', () => {
    const ballasts = ballastsOf({...none, memoryBytes: [0, 4096], threads: [0, 3]})
    expect(ballasts.map(({memoryBytes, threads}) => [memoryBytes, threads])).toEqual([
      [0, 0],
      [4096, 0],
      [0, 3],
      [4096, 3],
    ])
  })

  it('tell huge pages apart only where there is memory', () => {
    const ballasts = ballastsOf({...none, memoryBytes: [0, 4096], thp: ['never', 'always']})
    expect(ballasts.map(({memoryBytes, thp}) => [memoryBytes, thp])).toEqual([
      [0, 'never'],
      [4096, 'never'],
      [4096, 'always'],
    ])
  })

  it('have each only once', () => {
    expect(ballastsOf({...none, memoryBytes: [0, 0]})).toHaveLength(1)
  })
})
