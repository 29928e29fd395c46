import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'
import {chart} from '../src/flowchart/chart.js'
import {draw, plain} from '../src/flowchart/draw.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const documents = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]

const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** The anchors that Markdown renderers make of headings; what looks like one in a code block is none. */
function anchors(text: string): string[] {
  return Array.from(text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

function leadsSomewhere(file: string, target: string): boolean {
  const [path, anchor] = target.split('#') as [string, string | undefined]
  const pointed = path === '' ? file : join(dirname(file), path)
  if (!existsSync(join(root, pointed))) return false
  return anchor === undefined || anchors(read(pointed)).includes(anchor)
}

describe('the documents', () => {
  it.each(documents)('%s links only to what is there', file => {
    const targets = Array.from(read(file).matchAll(/\]\(([^)]+)\)/g), ([, target]) => target!)
    const relative = targets.filter(target => !target.startsWith('https://'))
    expect(relative.filter(target => !leadsSomewhere(file, target))).toEqual([])
  })

  it('none of the generated ones is stale (npm run docs writes them)', () => {
    const made = spawnSync(process.execPath, ['scripts/generate-docs.mjs', '--check'], {cwd: root, encoding: 'utf8'})
    expect(made).toMatchObject({stderr: '', status: 0})
  })

  it('README.md shows the flowchart as the terminal does', () => {
    expect(read('README.md')).toContain(plain(draw(chart, {glyphs: 'unicode'})).join('\n'))
  })
})
