import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {afterAll, describe, expect, it} from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'spawnctl-'))
mkdirSync(join(directory, 'node_modules'))
symlinkSync(root, join(directory, 'node_modules/spawnctl'))
afterAll(() => rmSync(directory, {recursive: true}))

const text = readFileSync(join(root, 'docs/library.md'), 'utf8')

/** The programs of the document, each with the output that follows it and the heading above. */
const examples = text.split(/^## /m).flatMap(section =>
  [...section.matchAll(/^```js\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)].map(([, program, output], i) => ({
    title: `${section.split('\n')[0]} (${i + 1})`,
    program: program as string,
    output,
  })),
)

describe('docs/library.md', () => {
  it('has an example for every call', () => {
    const programs = examples.map(({program}) => program).join('\n')
    for (const name of ['spawn', 'execFile', 'recommend', 'plan', 'capabilities', 'Zygote', 'require'])
      expect(programs).toMatch(new RegExp(`\\b${name}\\(`))
  })

  it.each(examples)('runs and prints what it says: $title', ({title, program, output}) => {
    const file = `${title.replaceAll(/\W+/g, '-')}.${/\brequire\(/.test(program) ? 'cjs' : 'mjs'}`
    writeFileSync(join(directory, file), program)
    const {stdout, stderr, status} = spawnSync(process.execPath, [file], {cwd: directory, encoding: 'utf8'})
    expect({stdout, stderr, status}).toEqual({stdout: output ?? stdout, stderr: '', status: 0})
  })

  it('has generated parts that are up to date', () => {
    const {stderr, status} = spawnSync(process.execPath, ['scripts/generate-docs.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect({stderr, status}).toEqual({stderr: '', status: 0})
  })
})
