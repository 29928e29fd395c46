// Writes the documents that are made from code. With --check it writes nothing and fails on the ones that are stale.
// Reads dist/: build first.

import {readFile, writeFile} from 'node:fs/promises'

const documents = [
  {
    file: 'docs/flowchart.md',
    text: async () => (await import('../dist/flowchart/document.js')).flowchartDocument(),
  },
  {
    file: 'docs/exec.md',
    text: async () => (await import('../dist/exec/document.js')).execDocument(),
  },
  {
    file: 'docs/housekeeping.md',
    text: async () => (await import('../dist/exec/housekeeping-document.js')).housekeepingDocument(),
  },
  {
    file: 'docs/recommend.md',
    text: async () => (await import('../dist/recommend/document.js')).recommendDocument(),
  },
  {
    file: 'docs/doctor.md',
    text: async () => (await import('../dist/doctor/document.js')).doctorDocument(),
  },
  {
    file: 'docs/bench.md',
    text: async () => (await import('../dist/bench/document.js')).benchDocument(),
  },
  {
    file: 'docs/bench-json.md',
    text: async () => (await import('../dist/bench/result-document.js')).benchJsonDocument(),
  },
  {
    file: 'docs/benchmarks.md',
    text: async () => (await import('../bench/document.mjs')).benchmarksDocument(),
  },
  {
    file: 'docs/library.md',
    text: async written => (await import('./library-document.mjs')).libraryDocument(written),
  },
]

const root = new URL('../', import.meta.url)
const onlyCheck = process.argv.includes('--check')

for (const {file, text} of documents) {
  const url = new URL(file, root)
  const written = await readFile(url, 'utf8').catch(() => undefined)
  const wanted = await text(written)
  if (written === wanted) continue
  if (onlyCheck) {
    console.error(`${file} is stale: run \`npm run docs\``)
    process.exitCode = 1
  } else {
    await writeFile(url, wanted)
    console.log(`wrote ${file}`)
  }
}
