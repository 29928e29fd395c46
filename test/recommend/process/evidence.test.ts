import {describe, expect, it} from 'vitest'
import {answersFrom, costsOf, evidenceAsJson, seenOf} from '../../../src/recommend/process/evidence.js'
import {type Calibration, predict} from '../../../src/recommend/process/prediction.js'

const MiB = 2 ** 20
const calibration: Calibration = {
  smallNs: {fork: 80_000, vfork: 70_000, posix_spawn: 120_000, clone: 75_000, 'clone-vm': 20_000, zygote: 500_000},
  forkNsPerMiB: 18_000,
  forkNsPerHugeMiB: 600,
  forkNsPerMapping: 250,
}

function seen(of: {copiedMiB?: number; hugeMiB?: number; mappings?: number; threads?: number}) {
  const facts = {
    pid: 7,
    name: 'server',
    threads: of.threads ?? 1,
    residentBytes: 0,
    copiedBytes: (of.copiedMiB ?? 0) * MiB,
    copiedHugeBytes: (of.hugeMiB ?? 0) * MiB,
    keptBytes: 0,
    mappings: of.mappings ?? 0,
  }
  return {...facts, callerBlockedNs: predict(facts, calibration)}
}

describe('what a process tells', () => {
  it.each([
    [{}, 80_000],
    [{copiedMiB: 1024}, 80_000 + 1024 * 18_000],
    [{hugeMiB: 1024}, 80_000 + 1024 * 600],
    [{mappings: 400}, 80_000 + 400 * 250],
  ])('with %j fork is predicted to take %d ns, and the others what they always take', (of, ns) => {
    expect(seen(of).callerBlockedNs).toEqual({...calibration.smallNs, fork: ns})
  })

  it.each([
    [{copiedMiB: 10}, 'no'],
    [{copiedMiB: 1024}, 'yes'],
    [{hugeMiB: 1024}, 'no'],
  ])('with %j performance is critical: %s', (of, answer) => {
    expect(answersFrom(seen(of))['performance-critical']).toMatchObject({answer, source: 'process'})
  })

  it.each([
    [1, 'yes', 'process 7 (server) has one thread'],
    [12, 'no', 'process 7 (server) has 12 threads'],
  ])('with %d threads it is single-threaded: %s', (threads, answer, because) => {
    expect(answersFrom(seen({threads}))['single-threaded']).toEqual({answer, source: 'process', because})
  })

  it('says what it goes by', () => {
    expect(answersFrom(seen({copiedMiB: 2048, mappings: 900}))['performance-critical']?.because).toBe(
      'for 2.0 GiB and 900 mappings of process 7 (server) fork would block its caller for 37 ms, clone for 75 µs; more than 1 ms is critical',
    )
  })

  it('is predicted in whole nanoseconds', () => {
    const facts = seen({copiedMiB: 1, mappings: 3})
    const rough = {...calibration, smallNs: {...calibration.smallNs, clone: 75_000.5}, forkNsPerMapping: 0.37}
    expect(predict(facts, rough)).toMatchObject({clone: 75_001, fork: 98_001})
  })

  it('comes with the threshold, for programs', () => {
    expect(evidenceAsJson(seen({}))).toMatchObject({pid: 7, performanceCriticalAboveNs: 1_000_000})
  })

  it('is shown as it was seen', () => {
    const {title, lines} = seenOf(seen({copiedMiB: 1024, hugeMiB: 512, mappings: 40, threads: 3}))
    expect(title).toBe('Process 7 (server)')
    expect(lines.map(({what, value}) => `${what}: ${value}`)).toEqual([
      'threads: 3',
      'resident memory: 0 MiB',
      'fork would copy: 1.5 GiB',
      'of that in huge pages: 512 MiB',
      'kept from fork: 0 MiB',
      'mappings: 40',
    ])
  })

  it('lists the methods, the quickest first', () => {
    expect(costsOf(seen({copiedMiB: 100})).map(({method}) => method)).toEqual([
      ...['clone-vm', 'vfork', 'clone', 'posix_spawn', 'zygote', 'fork'],
    ])
  })
})
