// What stays behind after many spawns in one process: descriptors, threads, zombies, memory.
//   node --expose-gc bench/leaks.mjs [SPAWNS]      100 000 unless given; every tenth of them a line of JSON
// With workers that come and go beside them, and one spawn in ten failing.
import {readdirSync, readFileSync} from 'node:fs'
import {isMainThread, Worker, workerData} from 'node:worker_threads'
import {spawn} from 'spawnctl'

const total = Number(process.argv[2] ?? 100_000)
const inFlight = 32
const spawnsOfWorker = 50

function once(i) {
  const [file, options] = i % 10 === 9 ? ['no-such-program', {}] : ['true', {stdio: i % 2 ? 'pipe' : 'ignore'}]
  return new Promise(resolve => {
    const child = spawn(file, options)
    child.on('error', () => {})
    child.on('close', resolve)
  })
}

async function many(count) {
  let next = 0
  const work = async () => {
    while (next < count) await once(next++)
  }
  await Promise.all(Array.from({length: inFlight}, work))
}

function zombies() {
  const children = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return children.filter(pid => {
    try {
      const [, state, parent] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      return state === 'Z' && Number(parent) === process.pid
    } catch {
      return false
    }
  }).length
}

async function state() {
  globalThis.gc?.()
  await new Promise(resolve => setTimeout(resolve, 50))
  globalThis.gc?.()
  const {heapUsed, external, rss} = process.memoryUsage()
  const kib = bytes => Math.round(bytes / 1024)
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    zombies: zombies(),
    heapKiB: kib(heapUsed),
    externalKiB: kib(external),
    rssKiB: kib(rss),
  }
}

async function worker() {
  const thread = new Worker(new URL(import.meta.url), {workerData: spawnsOfWorker})
  return new Promise(resolve => thread.once('exit', resolve))
}

if (isMainThread) {
  for (let tenth = 0; tenth <= 10; tenth++) {
    const spawns = Math.round(total / 10)
    if (tenth > 0) await Promise.all([many(spawns), ...Array.from({length: 4}, worker)])
    console.log(JSON.stringify({spawns: tenth * spawns, ...(await state())}))
  }
} else {
  await many(workerData)
}
