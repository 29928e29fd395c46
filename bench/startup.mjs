// How long the CLI takes to start, as a ratio to `node -e 0` in the same interleaved run.
// Usage: node bench/startup.mjs [rounds]; writes docs/benchmarks/startup.json, of which `npm run docs` makes the table.

import {spawnSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {cpus, release} from 'node:os'
import {fileURLToPath} from 'node:url'

const rounds = Number(process.argv[2] ?? 60)
const warmUp = 5
const root = fileURLToPath(new URL('..', import.meta.url))
const spawnctl = ['bin/spawnctl.cjs']
const answers = ['--no-simple-housekeeping', '--performance-critical', '--no-posix']

const rows = {
  'node -e 0': ['-e', '0'],
  'spawnctl exec -- /bin/true': [...spawnctl, 'exec', '--', '/bin/true'],
  'spawnctl recommend --json (all answers given)': [...spawnctl, 'recommend', '--json', ...answers],
  'spawnctl --help (for comparison: oclif is loaded)': [...spawnctl, '--help'],
}

function runOnce(args) {
  const started = process.hrtime.bigint()
  const {status} = spawnSync(process.execPath, args, {cwd: root, stdio: 'ignore'})
  if (status !== 0) throw new Error(`node ${args.join(' ')} exited with ${status}`)
  return Number(process.hrtime.bigint() - started)
}

function shuffled(names) {
  return names
    .map(name => ({name, key: Math.random()}))
    .sort((a, b) => a.key - b.key)
    .map(({name}) => name)
}

const samplesNs = Object.fromEntries(Object.keys(rows).map(name => [name, []]))
for (let round = 0; round < rounds + warmUp; round++)
  for (const name of shuffled(Object.keys(rows))) {
    const ns = runOnce(rows[name])
    if (round >= warmUp) samplesNs[name].push(ns)
  }

const environment = {
  command: `node bench/startup.mjs ${rounds}`,
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  kernel: release(),
  cpu: `${cpus().length} × ${cpus()[0].model}`,
  libc: process.report.getReport().header.glibcVersionRuntime ?? 'musl',
  version: JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version,
}
writeFileSync(`${root}/docs/benchmarks/startup.json`, `${JSON.stringify({environment, samplesNs})}\n`)
