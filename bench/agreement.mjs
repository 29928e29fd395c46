// Whether the native runner's times are true: held against bench/independent.c, plain libc calls without anything of
// src/native, interleaved in shuffled rounds.
// Usage: node bench/agreement.mjs [passes]; writes docs/benchmarks/agreement.json and prints its medians.

import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {readEnvironment} from '../dist/bench/environment.js'
import {measure} from '../dist/bench/measure.js'
import {openNativeRunner} from '../dist/bench/native-runner.js'
import {ProcessRunner} from '../dist/bench/process-runner.js'
import {benchProgram} from '../dist/bench/program.js'
import {schedule} from '../dist/bench/schedule.js'
import {agreement, file} from './sections/agreement.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const methods = ['fork', 'vfork', 'posix_spawn', 'clone']
const plain = ['plain', 'careful'].flatMap(way => methods.map(method => `${way}-${method}`))
const ballast = {memoryBytes: 0, mappings: 0, thp: 'never', mappedBytes: 0, threads: 0}
/** Each with new processes: where the kernel puts their mappings makes a difference of several microseconds. */
const passes = Number(process.argv[2] ?? 25)
/** Of every row in a pass, in 20 blocks: what disturbs the machine for a moment disturbs all rows alike. */
const iterations = 100
const warmup = 20
const program = benchProgram(['/bin/echo'])

function compile(directory) {
  const executable = join(directory, 'independent')
  const {status, stderr} = spawnSync('cc', ['-O2', '-Wl,-z,now', '-o', executable, join(root, 'bench/independent.c')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return executable
}

async function measurePass(executable, seed) {
  const rows = [...methods, ...plain]
  const runners = [await openNativeRunner(program, methods)]
  try {
    const args = [program.path, ...program.args]
    const {env, path} = program
    runners.push(
      await ProcessRunner.start({name: 'the plain loop', rows: plain, program: path, file: executable, args, env}),
    )
    const visits = schedule([{ballast, rows}], {iterations, warmup, seed})
    return (await measure(visits, runners, {ballasts: [ballast], rows})).measured
  } finally {
    await Promise.all(runners.map(runner => runner.close()))
  }
}

/** Every row with its samples, one list for each pass. */
async function measureAll(executable) {
  const rows = []
  for (let pass = 0; pass < passes; pass++)
    for (const {row, systemCall, blocks} of await measurePass(executable, pass)) {
      const found = rows.find(one => one.row === row) ?? {row, systemCall, passes: []}
      if (found.passes.length === 0) rows.push(found)
      const all = time => blocks.flatMap(block => block[time])
      found.passes.push({callerBlocked: all('callerBlocked'), spawnToExit: all('spawnToExit')})
    }
  return rows
}

/** Before the first sample: the load is the machine's, not that of this. */
const {kernel, libc, cpu, loadAverage, versions, ...machine} = readEnvironment()
const environment = {
  command: `node bench/agreement.mjs ${passes}`,
  date: new Date().toISOString().slice(0, 10),
  node: `v${versions.node}`,
  kernel,
  libc: libc.replace('glibc ', ''),
  cpu: `${cpu.count} × ${cpu.model}`,
  version: versions.spawnctl,
  loadAverage,
  ...machine,
}
const directory = mkdtempSync(join(tmpdir(), 'spawnctl-agreement-'))
try {
  const rows = await measureAll(compile(directory))
  writeFileSync(`${root}/docs/benchmarks/${file}`, `${JSON.stringify({environment, warmup, rows})}\n`)
  console.table(agreement(rows))
} finally {
  rmSync(directory, {recursive: true})
}
