// What requests wait in an HTTP server whose process starts 50 children a second, and holds Buffers. Phases without
// children, with node:child_process's and with ours take turns; the clients are another process.
// Usage: node bench/latency.mjs [rounds] [seconds]; writes docs/benchmarks/latency.json.
import * as node from 'node:child_process'
import {Agent, createServer, get} from 'node:http'
import {setTimeout as pause} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {
  ballast,
  environmentOf,
  gibibyte,
  inProcessOfItsOwn,
  quantile,
  refuseUnlessHeld,
  shuffled,
  writeRaw,
} from './harness.mjs'

const sizes = [0, 1, 4]
const childrenPerSecond = 50
const requestsPerSecond = 200
const script = fileURLToPath(import.meta.url)

/** One request every 5 ms, whether or not the one before was answered: what waits is seen waiting. */
async function requests(port, seconds) {
  const agent = new Agent({keepAlive: true, maxSockets: 64})
  const millisecondsEach = []
  const answered = []
  const started = performance.now()
  for (let i = 0; i < seconds * requestsPerSecond; i++) {
    const due = started + (i * 1000) / requestsPerSecond
    if (due > performance.now()) await pause(due - performance.now())
    const asked = performance.now()
    answered.push(
      new Promise((resolve, reject) => {
        get({port, agent, host: '127.0.0.1'}, response => {
          response.resume().on('end', () => {
            millisecondsEach.push(performance.now() - asked)
            resolve()
          })
        }).on('error', reject)
      }),
    )
  }
  await Promise.all(answered)
  agent.destroy()
  return millisecondsEach
}

function askedByAnother(port, seconds) {
  const client = node.spawn(process.execPath, [script, '--client', port, seconds].map(String), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  client.stdout.on('data', chunk => {
    text += chunk
  })
  return new Promise(resolve => client.on('close', () => resolve(JSON.parse(text))))
}

async function phase(module, port, seconds) {
  const start = () => module.spawn('/bin/true', [], {stdio: 'ignore'})
  const timer = module && setInterval(start, 1000 / childrenPerSecond)
  const samples = await askedByAnother(port, seconds)
  clearInterval(timer)
  await pause(100)
  return samples
}

async function measure(bytes, rounds, seconds) {
  const ours = await import('../dist/index.js')
  const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1')
  await new Promise(resolve => server.on('listening', resolve))
  const {port} = server.address()
  const held = ballast(bytes)
  const rows = [
    {bytes, engine: 'none', milliseconds: []},
    {bytes, engine: 'node', module: node, milliseconds: []},
    {bytes, engine: 'ours', module: ours, milliseconds: []},
  ]
  for (const {module} of rows) await phase(module, port, 1)
  for (let round = 0; round < rounds; round++)
    for (const {module, milliseconds} of shuffled(rows)) milliseconds.push(await phase(module, port, seconds))
  refuseUnlessHeld(held, bytes)
  server.close()
  return rows.map(({bytes, engine, milliseconds}) => ({
    bytes,
    engine,
    milliseconds: milliseconds.map(samples => samples.map(sample => Number(sample.toFixed(3)))),
  }))
}

const [, , mode, ...numbers] = process.argv
if (mode === '--client') {
  process.stdout.write(JSON.stringify(await requests(...numbers.map(Number))))
} else if (mode === '--child') {
  process.stdout.write(JSON.stringify(await measure(...numbers.map(Number))))
} else {
  const [rounds = 5, seconds = 5] = process.argv.slice(2).map(Number)
  const environment = environmentOf(`node bench/latency.mjs ${rounds} ${seconds}`)
  const rows = sizes.flatMap(gib => inProcessOfItsOwn(script, gib * gibibyte, rounds, seconds))
  writeRaw('latency', {environment, rows})
  for (const {bytes, engine, milliseconds} of rows) {
    const at = share => quantile(milliseconds.flat(), share).toFixed(2)
    console.log(`${bytes / gibibyte} GiB  ${engine}  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`)
  }
}
