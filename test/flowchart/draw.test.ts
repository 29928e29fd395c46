import {describe, expect, it} from 'vitest'
import {type Chart, chart, type Leaf, type QuestionId} from '../../src/flowchart/chart.js'
import {draw, type Glyphs, plain, type Segment} from '../../src/flowchart/draw.js'
import {type Answers, walk} from '../../src/flowchart/walk.js'

const bothGlyphs: Glyphs[] = ['unicode', 'ascii']
const boxLabels = [...Object.values(chart.questions).map(question => question.label), ...Object.keys(chart.leaves)]

const housekeeping = {'simple-housekeeping': 'no'} as const
const slow = {...housekeeping, 'performance-critical': 'no'} as const
const fast = {...housekeeping, 'performance-critical': 'yes'} as const
const threaded = {...slow, 'single-threaded': 'no'} as const
const q = Object.fromEntries(Object.entries(chart.questions).map(([id, {label}]) => [id, label])) as Record<
  QuestionId,
  string
>

/** Every path, with the boxes it passes in the order of the picture's lines. */
const paths: {name: string; answers: Answers; boxes: string[]; labels: string[]}[] = [
  {
    name: 'simple',
    answers: {'simple-housekeeping': 'yes'},
    boxes: ['posix_spawn', q['simple-housekeeping']],
    labels: ['yes'],
  },
  {
    name: 'fast and portable',
    answers: {...fast, posix: 'yes'},
    boxes: [q['simple-housekeeping'], q['performance-critical'], 'vfork', q.posix],
    labels: ['no', 'yes', 'yes'],
  },
  {
    name: 'fast',
    answers: {...fast, posix: 'no'},
    boxes: [q['simple-housekeeping'], q['performance-critical'], q.posix, 'clone'],
    labels: ['no', 'yes', 'no'],
  },
  {
    name: 'slow and single-threaded',
    answers: {...slow, 'single-threaded': 'yes'},
    boxes: [q['simple-housekeeping'], q['performance-critical'], 'fork', q['single-threaded']],
    labels: ['no', 'no', 'yes'],
  },
  {
    name: 'slow and foolproof',
    answers: {...threaded, foolproof: 'yes'},
    boxes: [q['simple-housekeeping'], q['performance-critical'], q['single-threaded'], 'zygote', q.foolproof],
    labels: ['no', 'no', 'no', 'yes'],
  },
  {
    name: 'slow, careful and portable',
    answers: {...threaded, foolproof: 'no', posix: 'yes'},
    boxes: [q['simple-housekeeping'], q['performance-critical'], q['single-threaded'], q.foolproof, 'vfork', q.posix],
    labels: ['no', 'no', 'no', 'no', 'yes'],
  },
  {
    name: 'slow and careful',
    answers: {...threaded, foolproof: 'no', posix: 'no'},
    boxes: [q['simple-housekeeping'], q['performance-critical'], q['single-threaded'], q.foolproof, q.posix, 'clone'],
    labels: ['no', 'no', 'no', 'no', 'no'],
  },
]

/** The picture with everything blanked that is not (or is) on the path. */
function only(taken: boolean, lines: readonly (readonly Segment[])[]): string[] {
  return lines.map(line =>
    line
      .map(segment => (segment.taken === taken ? segment.text : ' '.repeat(segment.text.length)))
      .join('')
      .trimEnd(),
  )
}

function boxesIn(picture: readonly string[]): string[] {
  return picture.flatMap(line => {
    const found = boxLabels.map(label => ({
      label,
      at: line.search(`(?<=^|[^\\w])${label.replace('?', '\\?')}(?![\\w])`),
    }))
    return found
      .filter(({at}) => at >= 0)
      .sort((a, b) => a.at - b.at)
      .map(({label}) => label)
  })
}

function edgeLabelsIn(picture: readonly string[]): string[] {
  return picture.flatMap(line => line.match(/\b(yes|no)\b/g) ?? [])
}

describe('draw', () => {
  it('draws the chart without a path', () => {
    expect(`\n${plain(draw(chart, {glyphs: 'unicode'})).join('\n')}\n`).toMatchInlineSnapshot(`
      "
                                            start
                                              ▼
      ┌─────────────┐            ┌─────────────────────────┐
      │ posix_spawn │◀─── yes ───┤  simple housekeeping?   │
      └─────────────┘            └────────────┬────────────┘
                                              │ no
                                              ▼
                                 ┌─────────────────────────┐
                                 │  performance critical?  ├┄┄ yes ┄┄┐
                                 └────────────┬────────────┘         ┆
                                              │ no                   ┆
                                              ▼                      ┆
      ┌─────────────┐            ┌─────────────────────────┐         ┆
      │    fork     │◀─── yes ───┤    single threaded?     │         ┆
      └─────────────┘            └────────────┬────────────┘         ┆
                                              │ no                   ┆
                                              ▼                      ┆
      ┌─────────────┐            ┌─────────────────────────┐         ┆
      │   zygote    │◀─── yes ───┤ foolproof to implement? │         ┆
      └─────────────┘            └────────────┬────────────┘         ┆
                                              │ no                   ┆
                                              ▼                      ┆
      ┌─────────────┐            ┌─────────────────────────┐         ┆
      │    vfork    │◀─── yes ───┤         POSIX?          │◀┄┄┄┄┄┄┄┄┘
      └─────────────┘            └────────────┬────────────┘
                                              │ no
                                              ▼
                                       ┌─────────────┐
                                       │    clone    │
                                       └─────────────┘

      ┄┄┄ our reading, not drawn in the article
      "
    `)
  })

  it('draws the rail taken, heavy where it was walked', () => {
    const {path} = walk({...fast, posix: 'no'})
    expect(`\n${plain(draw(chart, {path, glyphs: 'unicode'})).join('\n')}\n`).toMatchInlineSnapshot(`
      "
                                            start
                                              ▼
      ┌─────────────┐            ┏━━━━━━━━━━━━━━━━━━━━━━━━━┓
      │ posix_spawn │◀─── yes ───┨  simple housekeeping?   ┃
      └─────────────┘            ┗━━━━━━━━━━━━┳━━━━━━━━━━━━┛
                                              ┃ no
                                              ▼
                                 ┏━━━━━━━━━━━━━━━━━━━━━━━━━┓
                                 ┃  performance critical?  ┣┅┅ yes ┅┅┓
                                 ┗━━━━━━━━━━━━┯━━━━━━━━━━━━┛         ┇
                                              │ no                   ┇
                                              ▼                      ┇
      ┌─────────────┐            ┌─────────────────────────┐         ┇
      │    fork     │◀─── yes ───┤    single threaded?     │         ┇
      └─────────────┘            └────────────┬────────────┘         ┇
                                              │ no                   ┇
                                              ▼                      ┇
      ┌─────────────┐            ┌─────────────────────────┐         ┇
      │   zygote    │◀─── yes ───┤ foolproof to implement? │         ┇
      └─────────────┘            └────────────┬────────────┘         ┇
                                              │ no                   ┇
                                              ▼                      ┇
      ┌─────────────┐            ┏━━━━━━━━━━━━━━━━━━━━━━━━━┓         ┇
      │    vfork    │◀─── yes ───┨         POSIX?          ┃◀┅┅┅┅┅┅┅┅┛
      └─────────────┘            ┗━━━━━━━━━━━━┳━━━━━━━━━━━━┛
                                              ┃ no
                                              ▼
                                       ┏━━━━━━━━━━━━━┓
                                       ┃    clone    ┃
                                       ┗━━━━━━━━━━━━━┛

      ┄┄┄ our reading, not drawn in the article
      "
    `)
  })

  it('draws a path in ASCII', () => {
    const {path} = walk({...threaded, foolproof: 'no', posix: 'yes'})
    expect(`\n${plain(draw(chart, {path, glyphs: 'ascii'})).join('\n')}\n`).toMatchInlineSnapshot(`
      "
                                            start
                                              V
      +-------------+            #=========================#
      | posix_spawn |<--- yes ---#  simple housekeeping?   #
      +-------------+            #============#============#
                                              # no
                                              V
                                 #=========================#
                                 #  performance critical?  #.. yes ..+
                                 #============#============#         :
                                              # no                   :
                                              V                      :
      +-------------+            #=========================#         :
      |    fork     |<--- yes ---#    single threaded?     #         :
      +-------------+            #============#============#         :
                                              # no                   :
                                              V                      :
      +-------------+            #=========================#         :
      |   zygote    |<--- yes ---# foolproof to implement? #         :
      +-------------+            #============#============#         :
                                              # no                   :
                                              V                      :
      #=============#            #=========================#         :
      #    vfork    #<=== yes ===#         POSIX?          #<........+
      #=============#            #============#============#
                                              | no
                                              V
                                       +-------------+
                                       |    clone    |
                                       +-------------+

      ... our reading, not drawn in the article
      "
    `)
  })

  it('takes exactly the path, seen alone', () => {
    const {path} = walk({...fast, posix: 'no'})
    expect(`\n${only(true, draw(chart, {path, glyphs: 'unicode'})).join('\n')}\n`).toMatchInlineSnapshot(`
      "
                                            start
                                              ▼
                                 ┏━━━━━━━━━━━━━━━━━━━━━━━━━┓
                                 ┨  simple housekeeping?   ┃
                                 ┗━━━━━━━━━━━━┳━━━━━━━━━━━━┛
                                              ┃ no
                                              ▼
                                 ┏━━━━━━━━━━━━━━━━━━━━━━━━━┓
                                 ┃  performance critical?  ┣┅┅ yes ┅┅┓
                                 ┗━━━━━━━━━━━━┯━━━━━━━━━━━━┛         ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                                                     ┇
                                 ┏━━━━━━━━━━━━━━━━━━━━━━━━━┓         ┇
                                 ┨         POSIX?          ┃◀┅┅┅┅┅┅┅┅┛
                                 ┗━━━━━━━━━━━━┳━━━━━━━━━━━━┛
                                              ┃ no
                                              ▼
                                       ┏━━━━━━━━━━━━━┓
                                       ┃    clone    ┃
                                       ┗━━━━━━━━━━━━━┛


      "
    `)
  })

  it.each(bothGlyphs)('takes nothing without a path (%s)', glyphs => {
    expect(
      draw(chart, {glyphs})
        .flat()
        .filter(segment => segment.taken),
    ).toEqual([])
  })

  describe.each(bothGlyphs)('in %s', glyphs => {
    describe.each(paths)('on the path: $name', ({answers, boxes, labels}) => {
      const {path} = walk(answers)
      const lines = draw(chart, {path, glyphs})

      it('stays within 80 columns, without blanks at the ends', () => {
        for (const line of plain(lines)) {
          expect(line.length).toBeLessThanOrEqual(80)
          expect(line).toBe(line.trimEnd())
        }
      })

      it('takes the boxes passed and the edges walked, and no others', () => {
        const taken = only(true, lines)
        expect(boxesIn(taken)).toEqual(boxes)
        expect(edgeLabelsIn(taken)).toEqual(labels)
        const others = only(false, lines)
        expect(boxesIn(others).sort()).toEqual(boxLabels.filter(label => !boxes.includes(label)).sort())
        expect(edgeLabelsIn(others)).toHaveLength(10 - labels.length)
      })

      it('puts each character where it is without a path', () => {
        const shape = (picture: string[]) => picture.map(line => line.replaceAll(/[^\w? ]/g, '·'))
        expect(shape(plain(lines))).toEqual(shape(plain(draw(chart, {glyphs}))))
      })
    })
  })

  it.each(paths)('draws heavy lines on the path only, and no light ones there: $name', ({answers}) => {
    const lines = draw(chart, {path: walk(answers).path, glyphs: 'unicode'})
    expect(only(true, lines).join('')).not.toMatch(/[│─┌┐└┘├┤┬┴┼┆┄]/)
    expect(only(false, lines).join('')).not.toMatch(/[┃━┏┓┗┛┣┫┳┻╋┇┅┠┨┯┷]/)
  })

  it('draws ASCII with nothing but ASCII', () => {
    for (const {answers} of paths) {
      expect(plain(draw(chart, {path: walk(answers).path, glyphs: 'ascii'})).join('')).toMatch(/^[ -~]*$/)
    }
  })

  it('takes the start and the first question before the first answer', () => {
    const taken = only(true, draw(chart, {path: [], glyphs: 'unicode'}))
    expect(boxesIn(taken)).toEqual([q['simple-housekeeping']])
    expect(taken[0]!.trim()).toBe('start')
    expect(edgeLabelsIn(taken)).toEqual([])
  })

  it('takes the way to the question that is still to be answered', () => {
    const {path} = walk(fast)
    const taken = only(true, draw(chart, {path, glyphs: 'unicode'}))
    expect(boxesIn(taken)).toEqual([q['simple-housekeeping'], q['performance-critical'], q.posix])
  })
})

describe('draw, given another chart', () => {
  it('moves the rails with the edges, a short one inside a long one', () => {
    const other = withYes({'simple-housekeeping': 'posix', 'performance-critical': 'foolproof'})
    expect(`\n${plain(draw(other, {glyphs: 'unicode'})).join('\n')}\n`).toMatchInlineSnapshot(`
      "
                                            start
                                              ▼
                                 ┌─────────────────────────┐
                                 │  simple housekeeping?   ├── yes ─────┐
                                 └────────────┬────────────┘            │
                                              │ no                      │
                                              ▼                         │
                                 ┌─────────────────────────┐            │
                                 │  performance critical?  ├── yes ──┐  │
                                 └────────────┬────────────┘         │  │
                                              │ no                   │  │
                                              ▼                      │  │
      ┌─────────────┐            ┌─────────────────────────┐         │  │
      │    fork     │◀─── yes ───┤    single threaded?     │         │  │
      └─────────────┘            └────────────┬────────────┘         │  │
                                              │ no                   │  │
                                              ▼                      │  │
      ┌─────────────┐            ┌─────────────────────────┐         │  │
      │   zygote    │◀─── yes ───┤ foolproof to implement? │◀────────┘  │
      └─────────────┘            └────────────┬────────────┘            │
                                              │ no                      │
                                              ▼                         │
      ┌─────────────┐            ┌─────────────────────────┐            │
      │    vfork    │◀─── yes ───┤         POSIX?          │◀───────────┘
      └─────────────┘            └────────────┬────────────┘
                                              │ no
                                              ▼
                                       ┌─────────────┐
                                       │    clone    │
                                       └─────────────┘
      "
    `)
  })

  it('has no legend when the article draws every edge', () => {
    const other = withYes({'performance-critical': 'fork'})
    expect(plain(draw(other, {glyphs: 'ascii'})).at(-1)).toMatch(/^ +\+-+\+$/)
  })

  it('refuses a rail that would lead up', () => {
    expect(() => draw(withYes({posix: 'single-threaded'}), {glyphs: 'ascii'})).toThrow(RangeError)
  })

  it('refuses a rail into a question that has its own', () => {
    const other = withYes({'simple-housekeeping': 'performance-critical'})
    expect(() => draw(other, {glyphs: 'ascii'})).toThrow(RangeError)
  })
})

/** The chart with other ends to some `yes` edges, which count as the article's. */
function withYes(ends: Partial<Record<QuestionId, QuestionId | Leaf>>): Chart {
  const questions = {...chart.questions}
  for (const [id, to] of Object.entries(ends) as [QuestionId, QuestionId | Leaf][]) {
    questions[id] = {...questions[id], yes: {to, reason: 'a test.', source: 'article'}}
  }
  return {...chart, questions}
}
