import {describe, expect, it} from 'vitest'
import type {Timeline} from '../../src/methods/timeline.js'
import {timelineText} from '../../src/report/timeline.js'

const plain = {columns: 80, quiet: (text: string) => text, bad: (text: string) => `!${text}!`}

const cloned: Timeline = {
  method: 'clone',
  syscall: 'clone3',
  pid: 42,
  events: [
    {kind: 'create', from: 'caller', to: 'kernel', what: 'clone3', atNs: 53_200},
    {kind: 'begin', from: 'kernel', to: 'child', what: 'begins', atNs: 229_000},
    {kind: 'step', from: 'child', to: 'kernel', what: 'sigmask', atNs: 230_000, durationNs: 1710, calls: 2},
    {kind: 'execve', from: 'child', to: 'kernel', what: 'execve', atNs: 236_000, durationNs: 463_000},
    {kind: 'resume', from: 'kernel', to: 'caller', what: 'resumed', atNs: 1_970_000},
    {kind: 'exit', from: 'kernel', to: 'caller', what: 'exit 0', atNs: 61_500_000_000},
  ],
}

const failed: Timeline = {
  method: 'zygote',
  syscall: 'clone (in the zygote)',
  pid: 42,
  events: [
    {kind: 'create', from: 'caller', to: 'zygote', what: 'sendmsg', atNs: 1000},
    {kind: 'create', from: 'zygote', to: 'kernel', what: 'clone', atNs: 2000},
    {kind: 'begin', from: 'kernel', to: 'child', what: 'begins', atNs: 3000},
    {kind: 'step', from: 'child', to: 'kernel', what: 'chdir', atNs: 4000, durationNs: 500, calls: 1},
    {kind: 'fail', from: 'child', to: 'kernel', what: '_exit', atNs: 4500, errno: 'ENOENT'},
    {kind: 'resume', from: 'zygote', to: 'caller', what: 'resumed', atNs: 5000},
    {kind: 'settle', from: 'kernel', to: 'caller', what: 'failed', atNs: 6000},
  ],
}

const ended: Timeline = {
  method: 'clone',
  syscall: 'clone3',
  pid: 42,
  events: [
    {kind: 'begin', from: 'kernel', to: 'child', what: 'begins', atNs: 0},
    {kind: 'signal', from: 'keeper', to: 'kernel', what: 'SIGTERM', atNs: 3e8},
    {kind: 'signal', from: 'keeper', to: 'kernel', what: 'SIGKILL', atNs: 5e8},
    {kind: 'exit', from: 'kernel', to: 'keeper', what: 'SIGKILL', atNs: 5.01e8},
    {kind: 'tree', from: 'keeper', to: 'kernel', what: 'end tree', atNs: 5.02e8},
  ],
}

const second: Timeline = {
  method: 'vfork',
  syscall: 'vfork (libc)',
  pid: 42,
  events: [
    {kind: 'create', from: 'caller', to: 'kernel', what: 'vfork', atNs: 1000},
    {kind: 'begin', from: 'kernel', to: 'child', what: 'begins', atNs: 2000},
    {kind: 'step', from: 'child', to: 'kernel', what: 'unshare: maps', atNs: 3000, durationNs: 9000, calls: 9},
    {kind: 'create', from: 'child', to: 'kernel', what: 'clone', atNs: 12_000},
    {kind: 'begin', from: 'kernel', to: 'second child', what: 'begins', atNs: 13_000},
    {kind: 'execve', from: 'second child', to: 'kernel', what: 'execve', atNs: 14_000, durationNs: 500},
    {kind: 'execve', from: 'child', to: 'kernel', what: 'spawnctl-init', atNs: 15_000},
    {kind: 'resume', from: 'kernel', to: 'caller', what: 'resumed', atNs: 15_000},
  ],
}

describe('timelineText', () => {
  it('draws who sleeps, who lives, and how long a step took', () => {
    expect(timelineText(cloned, {...plain, glyphs: 'unicode'})).toBe(
      [
        'pid 42 by clone: clone3',
        '',
        '           caller         kernel          child',
        '  53.2 µs     ├─── clone3 ──▶│',
        '   229 µs     ┊              ├─── begins ──▶│',
        '   230 µs     ┊              │◀─────────────┤     1.71 µs  sigmask ×2',
        '   236 µs     ┊              │◀── execve ───┤   463 µs',
        '  1.97 ms     │◀─ resumed ───┤              │',
        '   61.5 s     │◀── exit 0 ───┤',
        '',
        '┊ sleeps until its call returns',
        '',
      ].join('\n'),
    )
  })

  it('draws a failure, across the lane of who has no part, in ASCII', () => {
    expect(timelineText(failed, {...plain, glyphs: 'ascii'})).toBe(
      [
        'pid 42 by zygote: clone (in the zygote)',
        '',
        '           caller         zygote         kernel          child',
        '  1.00 us     |-- sendmsg -->|              |',
        '  2.00 us     :              |--- clone --->|',
        '  3.00 us     :              |              |--- begins -->|',
        '  4.00 us     :              |              |<-------------|     0.50 us  chdir',
        '  4.50 us     :              |              |<-- _exit ----|   !ENOENT!',
        '  5.00 us     |<- resumed ---|              |',
        '  6.00 us     |<-------------+--- failed ---|',
        '',
        ': sleeps until its call returns',
        '',
      ].join('\n'),
    )
  })

  it('says that there was no child', () => {
    const events: Timeline['events'] = [
      {kind: 'create', from: 'caller', to: 'kernel', what: 'fork', atNs: 0},
      {kind: 'resume', from: 'kernel', to: 'caller', what: 'fails', atNs: 10, errno: 'EAGAIN'},
    ]
    const style = {...plain, glyphs: 'ascii'} as const
    const text = timelineText({method: 'fork', syscall: null, pid: null, events}, style)
    expect(text).toMatch(/^no child by fork: EAGAIN\n/)
    // libc may have made one.
    expect(timelineText({method: 'posix_spawn', syscall: null, pid: null, events}, style)).toMatch(
      /^posix_spawn failed: EAGAIN\n/,
    )
    expect(text).toMatch(/<-- fails ----\| {3}!EAGAIN!\n$/)
  })

  it('tells what was done when time was up', () => {
    expect(
      timelineText(ended, {...plain, glyphs: 'ascii'})
        .split('\n')
        .slice(4, 8),
    ).toEqual([
      '   300 ms     |-- SIGTERM -->|              |   time is up',
      '   500 ms     |-- SIGKILL -->|              |   time is up',
      '   501 ms     |<- SIGKILL ---|',
      '   502 ms     |-- end tree ->|                  nothing is left of it',
    ])
  })

  it('begins a second process and leaves its maker as spawnctl-init', () => {
    expect(timelineText(second, {...plain, glyphs: 'ascii'})).toBe(
      [
        'pid 42 by vfork: vfork (libc)',
        '',
        '           caller     kernel      child     second',
        '  1.00 us     |- vfork ->|',
        '  2.00 us     :          |- begins >|',
        '  3.00 us     :          |<---------|                9.00 us  unshare: maps x9',
        '  12.0 us     :          |< clone --|',
        '  13.0 us     :          |- begins -+--------->|',
        '  14.0 us     :          |<---------+- execve -|   0.50 us',
        '  15.0 us     :          |< execve -|          |   spawnctl-init',
        '  15.0 us     |< resumed |          |          |',
        '',
        ': sleeps until its call returns',
        '',
      ].join('\n'),
    )
  })

  it.each([130, 100, 80, 70, 60])('has no line that is longer than %i columns', columns => {
    for (const timeline of [cloned, failed, ended, second]) {
      const lines = timelineText(timeline, {...plain, glyphs: 'unicode', columns}).split('\n')
      expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(columns)
    }
  })

  it('is words where there is no room for a drawing', () => {
    expect(timelineText(failed, {...plain, glyphs: 'unicode', columns: 50})).toBe(
      [
        'pid 42 by zygote: clone (in the zygote)',
        '',
        '  1.00 µs  caller: sendmsg',
        '  2.00 µs  zygote: clone',
        '  3.00 µs  child: begins',
        '  4.00 µs  child: chdir (0.50 µs)',
        '  4.50 µs  !child: _exit, ENOENT!',
        '  5.00 µs  caller: resumed',
        '  6.00 µs  caller: failed',
        '',
      ].join('\n'),
    )
    expect(timelineText(ended, {...plain, glyphs: 'ascii', columns: 50})).toContain(
      [
        '   300 ms  keeper: SIGTERM, time is up',
        '   500 ms  keeper: SIGKILL, time is up',
        '   501 ms  program: SIGKILL',
        '   502 ms  keeper: end tree, nothing is left of it',
        '',
      ].join('\n'),
    )
  })
})
