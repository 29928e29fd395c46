import {describe, expect, it} from 'vitest'
import {type DoctorStyle, examinationText, markGlyphs} from '../../src/report/doctor.js'

const plain = (text: string) => text
const style: DoctorStyle = {
  heading: plain,
  quiet: plain,
  mark: {well: plain, bad: plain, lacking: plain},
  glyphs: markGlyphs.unicode,
}
const long =
  'a consequence that is far longer than a line of any terminal that somebody would still use for this '.repeat(2)
const content = {
  machine: 'Linux 6.1.0, x64',
  groups: [
    {
      title: 'Group',
      findings: [
        {mark: 'well', title: 'well', detail: 'with a word'},
        {mark: 'lacking', title: 'lacking', detail: 'missing', consequence: long, advice: 'do this'},
        {
          mark: 'bad',
          title: 'bad',
          detail: 'refused (EPERM)',
          evidence: 'seen',
          consequence: 'short',
          advice: 'do this',
        },
      ],
    },
  ],
  closing: long,
} as const

describe('the text of an examination', () => {
  it('has marks, what follows, and the same advice once in a row', () => {
    const text = examinationText({...content, closing: 'The end.'}, style, 200)
    expect(text.split('\n')).toEqual([
      'Linux 6.1.0, x64',
      '',
      'Group',
      '  ✓ well                                  with a word',
      '  – lacking                               missing',
      expect.stringMatching(/^ {6}a consequence/),
      expect.stringMatching(/^ {6}\S/),
      expect.stringMatching(/^ {6}\S/),
      '      next: do this',
      '  ✗ bad                                   refused (EPERM)',
      '      seen: seen',
      '      short',
      '',
      'The end.',
      '',
    ])
  })

  it.each([60, 80, 100, 120])('keeps to %i columns', columns => {
    const widths = examinationText(content, style, columns)
      .split('\n')
      .map(line => [...line].length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(Math.min(columns, 100))
  })
})
