import {readdirSync, readFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))

/** Which folders each folder may import from; docs/architecture.md draws the same arrows. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  plan: ['errors'],
  native: ['errors'],
  methods: ['native', 'plan', 'errors'],
  flowchart: ['methods', 'plan', 'errors'],
  process: ['methods', 'native', 'plan', 'errors'],
  report: ['bench', 'methods', 'plan', 'errors'],
  exec: ['flowchart', 'methods', 'native', 'plan', 'report', 'errors'],
  bench: ['doctor', 'exec', 'process', 'methods', 'native', 'plan', 'errors'],
  doctor: ['exec', 'methods', 'native', 'plan', 'errors'],
  recommend: ['bench', 'exec', 'flowchart', 'methods', 'plan', 'report', 'errors'],
  commands: ['bench', 'doctor', 'recommend', 'exec', 'flowchart', 'methods', 'report', 'plan', 'errors'],
  start: ['bench', 'exec', 'recommend', 'plan', 'cli'],
  cli: ['exec', 'errors'],
  foresight: ['flowchart', 'process', 'methods', 'native', 'plan', 'report', 'errors'],
  index: ['foresight', 'process', 'flowchart', 'methods', 'plan', 'errors'],
  library: ['index', 'process'],
}

/** Packages that only a terminal program needs, and the places that may load them. */
const terminalPackages = ['inquirer', 'chalk', 'ora', '@oclif/core', 'string-argv', 'wrap-ansi']
const terminalPlaces = ['commands', 'report', 'cli', 'native/build.ts']

interface Import {
  file: string
  target: string
}

function sources(): string[] {
  return readdirSync(src, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.ts'))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8')
  return [...text.matchAll(/(?:from|import) ?\(?'([^']+)'/g)].map(([, specifier]) => {
    const target = specifier as string
    return {file, target: target.startsWith('.') ? `./${relative(src, join(src, dirname(file), target))}` : target}
  })
}

function folder(path: string): string {
  return path
    .replace(/^\.\//, '')
    .split('/')[0]!
    .replace(/\.(js|ts)$/, '')
}

const imports = sources().flatMap(importsOf)
const own = imports.filter(({target}) => target.startsWith('./'))

/** Everything that a file pulls in when it is loaded. */
function reachable(file: string, seen = new Set<string>()): Set<string> {
  for (const {target} of imports.filter(entry => entry.file === file)) {
    if (seen.has(target)) continue
    seen.add(target)
    if (target.startsWith('./')) reachable(target.slice(2).replace(/\.js$/, '.ts'), seen)
  }
  return seen
}

describe('the direction of imports', () => {
  it('finds the imports of every file', () => {
    expect(own.length).toBeGreaterThan(100)
    expect(Object.keys(arrows).sort()).toEqual([...new Set(sources().map(folder))].sort())
  })

  it.each(Object.entries(arrows))('%s imports only from below', (from, allowed) => {
    const wrong = own.filter(({file, target}) => folder(file) === from && ![from, ...allowed].includes(folder(target)))
    expect(wrong).toEqual([])
  })

  it('keeps ffi-rs in one file', () => {
    const users = sources().filter(file => /ffi-rs/.test(readFileSync(join(src, file), 'utf8')))
    expect(users).toEqual(['native/binding.ts'])
  })

  it('keeps what only a terminal needs where the terminal is', () => {
    const wrong = imports.filter(
      ({file, target}) => terminalPackages.includes(target) && !terminalPlaces.some(place => file.startsWith(place)),
    )
    expect(wrong).toEqual([])
  })

  it('loads no terminal package with the library', () => {
    const loaded = reachable('index.ts')
    expect(loaded.size).toBeGreaterThan(20)
    expect([...loaded].filter(target => terminalPackages.includes(target))).toEqual([])
  })
})
