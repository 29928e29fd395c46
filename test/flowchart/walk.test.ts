import {describe, expect, it} from 'vitest'
import type {Answer, QuestionId} from '../../src/flowchart/chart.js'
import {walk} from '../../src/flowchart/walk.js'

const order: readonly QuestionId[] = [
  'simple-housekeeping',
  'performance-critical',
  'single-threaded',
  'foolproof',
  'posix',
]

/** Read off the article's picture, one letter for a question in order; a dot is a question that is not asked. */
const expectations = [
  {path: 'y....', method: 'posix_spawn', vectors: 16},
  {path: 'ny..y', method: 'vfork', vectors: 4},
  {path: 'ny..n', method: 'clone', vectors: 4},
  {path: 'nny..', method: 'fork', vectors: 4},
  {path: 'nnny.', method: 'zygote', vectors: 2},
  {path: 'nnnny', method: 'vfork', vectors: 1},
  {path: 'nnnnn', method: 'clone', vectors: 1},
]

const vectors = Array.from({length: 32}, (_, bits) =>
  order.map((_, index) => ((bits >> index) & 1 ? 'y' : 'n')).join(''),
)

function answersOf(letters: string): Partial<Record<QuestionId, Answer>> {
  const given = order.flatMap((question, index) => {
    const letter = letters[index]
    return letter === 'y' || letter === 'n' ? [[question, letter === 'y' ? 'yes' : 'no']] : []
  })
  return Object.fromEntries(given)
}

function matches(vector: string, path: string): boolean {
  return new RegExp(`^${path}$`).test(vector)
}

function lettersOf(path: readonly {question: QuestionId; answer: Answer}[]): string {
  return order.map(id => path.find(edge => edge.question === id)?.answer[0] ?? '.').join('')
}

describe('walk', () => {
  it.each(vectors)('answers %s as the chart does', vector => {
    const expected = expectations.filter(({path}) => matches(vector, path))
    expect(expected).toHaveLength(1)
    const result = walk(answersOf(vector))
    expect(result).toMatchObject({state: 'arrived', method: expected[0]!.method})
    expect(lettersOf(result.path)).toBe(expected[0]!.path)
  })

  it.each(expectations)('takes $vectors of the 32 vectors along $path to $method', ({path, vectors: count}) => {
    expect(vectors.filter(vector => lettersOf(walk(answersOf(vector)).path) === path)).toHaveLength(count)
  })

  it.each(expectations)('needs no answer off the path $path', ({path, method}) => {
    expect(walk(answersOf(path))).toMatchObject({state: 'arrived', method})
  })

  it('reads the undrawn yes edge as one to "POSIX?", past threads and foolproofness', () => {
    expect(walk({'simple-housekeeping': 'no', 'performance-critical': 'yes'})).toEqual({
      state: 'unanswered',
      question: 'posix',
      path: [
        {question: 'simple-housekeeping', answer: 'no', to: 'performance-critical'},
        {question: 'performance-critical', answer: 'yes', to: 'posix'},
      ],
    })
  })

  it('asks for the first question when it knows nothing', () => {
    expect(walk({})).toEqual({state: 'unanswered', question: 'simple-housekeeping', path: []})
  })

  it.each(expectations)('asks for one question after the other along $path', ({path, method}) => {
    const answers = answersOf(path)
    const known: Partial<Record<QuestionId, Answer>> = {}
    const asked: QuestionId[] = []
    for (let result = walk(known); result.state === 'unanswered'; result = walk(known)) {
      asked.push(result.question)
      known[result.question] = answers[result.question]!
    }
    expect(asked).toEqual(Object.keys(answers))
    expect(walk(known)).toMatchObject({state: 'arrived', method})
  })

  it('never consults a question off the path', () => {
    const consulted: PropertyKey[] = []
    const answers = new Proxy(answersOf('ny..n'), {
      get(target, key) {
        consulted.push(key)
        return Reflect.get(target, key)
      },
    })
    walk(answers)
    expect(consulted).toEqual(['simple-housekeeping', 'performance-critical', 'posix'])
  })
})
