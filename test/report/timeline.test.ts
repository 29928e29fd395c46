import {describe, expect, it} from 'vitest'
import type {Timeline} from '../../src/methods/timeline.js'
import {timelineText} from '../../src/report/timeline.js'

const plain = {quiet: (text: string) => text, bad: (text: string) => `!${text}!`}

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
      ].join('\n'),
    )
  })

  it('draws a failure, across the lane of who has no part, in ASCII', () => {
    expect(timelineText(failed, {...plain, glyphs: 'ascii'})).toBe(
      [
        'pid 42 by zygote: clone (in the zygote)',
        '',
        '           caller      zygote      kernel       child',
        '  1.00 us     |- sendmsg >|           |',
        '  2.00 us     :           |-- clone ->|',
        '  3.00 us     :           |           |- begins ->|',
        '  4.00 us     :           |           |<----------|     0.50 us  chdir',
        '  4.50 us     :           |           |<- _exit --|   !ENOENT!',
        '  5.00 us     |< resumed -|           |',
        '  6.00 us     |<----------+- failed --|',
        '',
      ].join('\n'),
    )
  })

  it('says that there was no child', () => {
    const events: Timeline['events'] = [
      {kind: 'create', from: 'caller', to: 'kernel', what: 'fork', atNs: 0},
      {kind: 'resume', from: 'kernel', to: 'caller', what: 'fails', atNs: 10, errno: 'EAGAIN'},
    ]
    const text = timelineText({method: 'fork', syscall: 'none', pid: null, events}, {...plain, glyphs: 'ascii'})
    expect(text).toMatch(/^no child by fork\n/)
    expect(text).toMatch(/<-- fails ----\| {3}!EAGAIN!\n$/)
  })
})
