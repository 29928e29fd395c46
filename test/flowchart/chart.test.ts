import {describe, expect, it} from 'vitest'
import {chart, isQuestion, type QuestionId} from '../../src/flowchart/chart.js'
import {answerFrom} from '../../src/flowchart/checklist.js'

const questionIds = Object.keys(chart.questions) as QuestionId[]
const edges = questionIds.flatMap(id =>
  (['yes', 'no'] as const).map(answer => ({name: `${id}: ${answer}`, ...chart.questions[id][answer]})),
)

describe('the flowchart', () => {
  it('has no edge to nowhere', () => {
    const places = [...questionIds, ...Object.keys(chart.leaves)]
    expect(edges.filter(({to}) => !places.includes(to))).toEqual([])
  })

  it('reaches every question and every leaf from its start, and comes to an end', () => {
    const reached = new Set<string>()
    const visit = (place: string, above: readonly string[]) => {
      expect(above, 'a question would be asked twice').not.toContain(place)
      reached.add(place)
      for (const edge of edges.filter(({name}) => name.startsWith(`${place}: `))) visit(edge.to, [...above, place])
    }
    visit(chart.start, [])
    expect([...reached].sort()).toEqual([...questionIds, ...Object.keys(chart.leaves)].sort())
  })

  it('follows the article except for one edge', () => {
    expect(edges.filter(({source}) => source === 'our reading').map(({name}) => name)).toEqual([
      'performance-critical: yes',
    ])
  })

  it('names each leaf by its method', () => {
    for (const [name, advice] of Object.entries(chart.leaves)) expect(advice.method).toBe(name)
  })

  it('tells a question from a leaf', () => {
    expect(isQuestion('posix')).toBe(true)
    expect(isQuestion('posix_spawn')).toBe(false)
  })

  it.each(edges)('gives a reason, as a sentence, for $name', ({reason}) => {
    expect(reason).toMatch(/^\S.*\.$/)
  })

  it.each(Object.values(chart.leaves))('warns about $method, one sentence for each hazard', ({hazards}) => {
    expect(hazards.length).toBeGreaterThan(3)
    for (const hazard of hazards) expect(hazard).toMatch(/^\S[^\n]*[^.\s]\.$/)
  })
})

describe.each(questionIds)('the checklist for %s', id => {
  const {help} = chart.questions[id]

  it('cannot contradict itself', () => {
    expect(new Set(help.items.map(item => item.answerIfChecked)).size).toBe(1)
    expect(help.items[0]!.answerIfChecked).not.toBe(help.otherwise)
  })

  it('has no label twice, and none too long for a prompt', () => {
    const labels = help.items.map(item => item.label)
    expect(new Set(labels).size).toBe(labels.length)
    for (const label of labels) expect(label.length).toBeLessThanOrEqual(72)
  })

  it.each(help.items)('is decided by "$label" alone', ({label, answerIfChecked}) => {
    expect(answerFrom(help, [label])).toBe(answerIfChecked)
  })

  it('answers otherwise when nothing is checked, or nothing that it knows', () => {
    expect(answerFrom(help, [])).toBe(help.otherwise)
    expect(answerFrom(help, ['a label of no item'])).toBe(help.otherwise)
  })
})
