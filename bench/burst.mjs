// Throughput: how many children a second are started and seen to end, with so many in flight at a time, in a process
// that holds Buffers. Bursts of the two libraries take turns.
// Usage: node bench/burst.mjs [bursts] [children]; writes docs/benchmarks/burst.json.
import * as node from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {
  ballast,
  environmentOf,
  gibibyte,
  inProcessOfItsOwn,
  median,
  refuseUnlessHeld,
  shuffled,
  writeRaw,
} from './harness.mjs'

const sizes = [0, 1, 4]
const inFlight = [8, 64]
const warmUp = 2

/** @returns children a second */
function burst({spawn}, children, most) {
  const started = process.hrtime.bigint()
  let [left, open] = [children, 0]
  return new Promise(resolve => {
    const more = () => {
      for (; open < most && left > 0; left--, open++)
        spawn('/bin/true', [], {stdio: 'ignore'}).on('close', () => {
          open--
          more()
        })
      if (open === 0) resolve(children / (Number(process.hrtime.bigint() - started) / 1e9))
    }
    more()
  })
}

async function measure(bytes, bursts, children) {
  const ours = await import('../dist/index.js')
  const held = ballast(bytes)
  const rows = inFlight.flatMap(most => [
    {bytes, most, engine: 'node', module: node, perSecond: []},
    {bytes, most, engine: 'ours', module: ours, perSecond: []},
  ])
  for (let round = 0; round < bursts + warmUp; round++)
    for (const {module, most, perSecond} of shuffled(rows)) {
      const rate = await burst(module, children, most)
      if (round >= warmUp) perSecond.push(rate)
    }
  refuseUnlessHeld(held, bytes)
  return rows.map(({module: _, ...row}) => row)
}

if (process.argv[2] === '--child') {
  const [bytes, bursts, children] = process.argv.slice(3).map(Number)
  process.stdout.write(JSON.stringify(await measure(bytes, bursts, children)))
} else {
  const [bursts = 15, children = 200] = process.argv.slice(2).map(Number)
  const environment = environmentOf(`node bench/burst.mjs ${bursts} ${children}`)
  const rows = sizes.flatMap(gib => inProcessOfItsOwn(fileURLToPath(import.meta.url), gib * gibibyte, bursts, children))
  writeRaw('burst', {environment, rows})
  for (const {bytes, most, engine, perSecond} of rows)
    console.log(`${bytes / gibibyte} GiB  ${most} in flight  ${engine}  ${median(perSecond).toFixed(0)} a second`)
}
