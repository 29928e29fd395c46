import {describe, expect, it} from 'vitest'
import {readBytes, showBytes} from '../../src/bench/size.js'

describe('a size', () => {
  it.each([
    ['0', 0],
    ['4096', 4096],
    ['64K', 65_536],
    ['64M', 67_108_864],
    ['64MiB', 67_108_864],
    ['64MB', 67_108_864],
    ['1.5G', 1_610_612_736],
    ['1g', 1_073_741_824],
    ['2T', 2_199_023_255_552],
  ])('is read from %s', (text, bytes) => {
    expect(readBytes(text, 'memory')).toBe(bytes)
  })

  it.each(['', 'G', '-1', '1,5G', '1X', '0.3', '1e3', '99999999T'])('is not read from "%s"', text => {
    expect(() => readBytes(text, 'memory')).toThrow(/^--memory wants sizes as/)
  })

  it.each([
    [0, '0'],
    [512, '512 bytes'],
    [67_108_864, '64 MiB'],
    [1_610_612_736, '1.5 GiB'],
    [4 * 2 ** 30, '4 GiB'],
  ])('is shown of %d', (bytes, text) => {
    expect(showBytes(bytes)).toBe(text)
  })
})
