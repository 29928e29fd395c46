// How long a spawn blocks its caller: node:child_process, the library, and a C program's bare clone, interleaved, in a
// process that holds Buffers. Before every turn there is a spawn that is not counted, the same for all: a fork leaves its
// caller with pages that fault when they are written next, and that is not to be paid by who comes after it. "own share" is the library's part of its spawn: what Node's ChildProcess does around the
// process handle is left out.
// Usage: node bench/blocked.mjs [rounds]; writes docs/benchmarks/blocked.json.
import * as node from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {DataType, load, open} from 'ffi-rs'
import {
  ballast,
  environmentOf,
  gibibyte,
  inProcessOfItsOwn,
  library,
  median,
  refuseUnlessHeld,
  shuffled,
  writeRaw,
} from './harness.mjs'

const warmUp = 30
const sizes = [0, 1, 4]
const program = '/bin/true'
const path = Buffer.from(`${program}\0`)

function ended(child) {
  return new Promise(resolve => child.on('close', resolve))
}

function bare() {
  const paramsType = [DataType.U8Array]
  return load({library: 'raw', funcName: 'raw_clone', retType: DataType.I32, paramsType, paramsValue: [path]})
}

async function measure(bytes, rounds) {
  const ours = await import('../dist/index.js')
  const {ProcessHandle} = await import('../dist/process/handle.js')
  open({library: 'raw', path: library('raw-clone')})
  let ownNs = 0
  const {spawn} = ProcessHandle.prototype
  ProcessHandle.prototype.spawn = function (...passed) {
    const started = process.hrtime.bigint()
    const result = spawn.apply(this, passed)
    ownNs = Number(process.hrtime.bigint() - started)
    return result
  }
  const held = ballast(bytes)
  const samples = {}
  const keep = (what, ns, round) => {
    samples[what] ??= []
    if (round >= warmUp) samples[what].push(ns)
  }
  const blocked = async (what, module, stdio, round) => {
    const started = process.hrtime.bigint()
    const child = module.spawn(program, [], {stdio})
    keep(`${what}, ${stdio}`, Number(process.hrtime.bigint() - started), round)
    if (module === ours) keep(`own share, ${stdio}`, ownNs, round)
    await ended(child)
  }
  const arms = [
    round => blocked('node', node, 'ignore', round),
    round => blocked('ours', ours, 'ignore', round),
    round => blocked('node', node, 'pipe', round),
    round => blocked('ours', ours, 'pipe', round),
    async round => keep('clone in C', bare(), round),
  ]
  for (let round = 0; round < rounds + warmUp; round++)
    for (const arm of shuffled(arms)) {
      await ended(ours.spawn(program))
      await arm(round)
    }
  refuseUnlessHeld(held, bytes)
  return Object.entries(samples).map(([what, samplesNs]) => ({bytes, what, samplesNs}))
}

if (process.argv[2] === '--child') {
  process.stdout.write(JSON.stringify(await measure(Number(process.argv[3]), Number(process.argv[4]))))
} else {
  const rounds = Number(process.argv[2] ?? 300)
  const environment = environmentOf(`node bench/blocked.mjs ${rounds}`)
  const rows = sizes.flatMap(gib => inProcessOfItsOwn(fileURLToPath(import.meta.url), gib * gibibyte, rounds))
  writeRaw('blocked', {environment, rows})
  for (const {bytes, what, samplesNs} of rows)
    console.log(`${bytes / gibibyte} GiB  ${what.padEnd(20)} ${(median(samplesNs) / 1000).toFixed(1)} µs`)
}
