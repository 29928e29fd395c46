import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {chart} from '../../src/flowchart/chart.js'
import {flowchartDocument} from '../../src/flowchart/document.js'
import {draw, plain} from '../../src/flowchart/draw.js'

const file = new URL('../../docs/flowchart.md', import.meta.url)

describe('docs/flowchart.md', () => {
  it('is not stale (npm run docs writes it)', () => {
    expect(readFileSync(file, 'utf8')).toBe(flowchartDocument())
  })

  it('shows the picture that the terminal shows', () => {
    expect(flowchartDocument()).toContain(plain(draw(chart, {glyphs: 'unicode'})).join('\n'))
  })

  it('links only to headings that it has', () => {
    const text = flowchartDocument()
    const anchors = Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    const targets = Array.from(text.matchAll(/\]\(#([^)]*)\)/g), ([, target]) => target!)
    expect(targets.length).toBeGreaterThan(20)
    expect(targets.filter(target => !anchors.includes(target))).toEqual([])
  })

  it('has one row for every path', () => {
    expect(flowchartDocument().match(/^\| (yes|no) +\|.*$/gm)).toHaveLength(7)
  })
})
