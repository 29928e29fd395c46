import {describe, expect, it} from 'vitest'
import {readStamps, stampBytes, stampsAt} from '../../src/plan/stamps.js'

const headerBytes = 168
const callCountAt = 28

/** A block of which only the stamps are filled in. */
function stamped(calls: number, moments: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(headerBytes + stampBytes(calls))
  const view = new DataView(bytes.buffer)
  view.setUint32(callCountAt, calls, true)
  view.setUint32(stampsAt, headerBytes, true)
  moments.forEach((moment, i) => {
    view.setBigInt64(headerBytes + i * 8, BigInt(moment), true)
  })
  return bytes
}

describe('readStamps', () => {
  it('counts from the call', () => {
    const block = stamped(2, [1000, 1010, 1090, 1095, 2000, 1500, 1600, 2100, 1020, 1030, 1040, 1050, 1060, 1070])
    expect(readStamps(block)).toEqual({
      creating: 10,
      resumed: 90,
      settled: 95,
      reaped: 1000,
      timedOut: 500,
      killed: 600,
      treeEnded: 1100,
      zygote: 20,
      began: 30,
      calls: [40, 50],
      execve: 60,
      failed: 70,
    })
  })

  it('knows nothing of what did not come', () => {
    expect(readStamps(stamped(1, [1000, 0, 1090]))).toMatchObject({
      creating: undefined,
      resumed: 90,
      reaped: undefined,
      calls: [undefined],
      failed: undefined,
    })
  })

  it('does not believe a clock of another time namespace', () => {
    const [before, after] = [10, 5000]
    const block = stamped(2, [1000, 1010, 1090, 1095, 2000, 0, 0, 0, 0, 1030, before, after, 1060])
    expect(readStamps(block)).toMatchObject({began: 30, calls: [undefined, undefined], execve: 60})
  })
})
