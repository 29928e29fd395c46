import {expect, it} from 'vitest'
import {paintChart} from '../../src/report/flowchart.js'

it('paints what is taken and the rest each in their own way, line by line', () => {
  const lines = [
    [
      {text: '+-', taken: false},
      {text: 'fork', taken: true},
    ],
    [],
    [{text: '+', taken: false}],
  ]
  const paint = {taken: (text: string) => `<${text}>`, other: (text: string) => `(${text})`}
  expect(paintChart(lines, paint)).toBe('(+-)<fork>\n\n(+)')
})
