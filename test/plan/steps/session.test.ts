import {describe, expect, it} from 'vitest'
import {stepsOf} from '../../helpers/plans.js'

const kinds = (given: Parameters<typeof stepsOf>[0]) =>
  stepsOf(given)
    .map(({kind}) => kind)
    .filter(kind => kind === 'setsid' || kind === 'setpgid')

describe('--setsid and --setpgid', () => {
  it('are no steps when they are not given', () => {
    expect(kinds({})).toEqual([])
  })

  it('are a step each', () => {
    expect(kinds({setsid: true})).toEqual(['setsid'])
    expect(kinds({setpgid: true})).toEqual(['setpgid'])
  })

  it('exclude each other: the second would fail in the child', () => {
    expect(() => kinds({setsid: true, setpgid: true})).toThrow('exclude each other')
  })
})
