// How long the synchronous calls block their caller, ours against node:child_process, interleaved, in a process that
// holds Buffers. Every size has a process of its own.
// Usage: node bench/sync.mjs [rounds]; writes docs/benchmarks/sync.json, of which `npm run docs` makes the table.

import * as node from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {cpus, release} from 'node:os'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const warmUp = 5
const gibibyte = 2 ** 30
const pageBytes = 4096
const sizes = [0, gibibyte]

function ballast(bytes) {
  const buffers = []
  for (let left = bytes; left > 0; left -= buffers.at(-1).length) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(left, gibibyte / 4))
    for (let at = 0; at < buffer.length; at += pageBytes) buffer[at] = 1
    buffers.push(buffer)
  }
  return buffers
}

const calls = {
  'spawnSync /bin/true': ({spawnSync}) => spawnSync('/bin/true'),
  'execFileSync cat, 64 KiB in and out': ({execFileSync}) => execFileSync('/bin/cat', {input: Buffer.alloc(65536)}),
  'execSync :': ({execSync}) => execSync(':'),
}

function shuffled(list) {
  return list
    .map(item => ({item, key: Math.random()}))
    .toSorted((a, b) => a.key - b.key)
    .map(({item}) => item)
}

async function measure(bytes, rounds) {
  const ours = await import('../dist/index.js')
  const held = ballast(bytes)
  const rows = Object.keys(calls).flatMap(call => [
    {call, engine: 'node', module: node, samplesNs: []},
    {call, engine: 'ours', module: ours, samplesNs: []},
  ])
  for (let round = 0; round < rounds + warmUp; round++)
    for (const {call, module, samplesNs} of shuffled(rows)) {
      const started = process.hrtime.bigint()
      calls[call](module)
      const ns = Number(process.hrtime.bigint() - started)
      if (round >= warmUp) samplesNs.push(ns)
    }
  if (held.reduce((sum, buffer) => sum + buffer.length, 0) !== bytes) throw new Error('the Buffers are gone')
  return rows.map(({call, engine, samplesNs}) => ({bytes, call, engine, samplesNs}))
}

function inProcessOfItsOwn(bytes, rounds) {
  const args = [fileURLToPath(import.meta.url), '--child', bytes, rounds].map(String)
  return JSON.parse(node.execFileSync(process.execPath, args, {maxBuffer: Infinity, encoding: 'utf8'}))
}

if (process.argv[2] === '--child') {
  process.stdout.write(JSON.stringify(await measure(Number(process.argv[3]), Number(process.argv[4]))))
} else {
  const rounds = Number(process.argv[2] ?? 100)
  const rows = sizes.flatMap(bytes => inProcessOfItsOwn(bytes, rounds))
  const environment = {
    command: `node bench/sync.mjs ${rounds}`,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    kernel: release(),
    cpu: `${cpus().length} × ${cpus()[0].model}`,
    version: JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version,
  }
  writeFileSync(`${root}/docs/benchmarks/sync.json`, `${JSON.stringify({environment, rows})}\n`)
}
