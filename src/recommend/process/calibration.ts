import {openNativeRunner} from '../../bench/native-runner.js'
import {benchProgram} from '../../bench/program.js'
import type {Ballast, Runner} from '../../bench/runner.js'
import {median} from '../../bench/statistics/spread.js'
import {type Method, methods} from '../../methods/method.js'
import type {Calibration} from './prediction.js'

const MiB = 2 ** 20
const program = '/bin/true'
/** In every round each method has its turn, so that what else the machine does meanwhile falls on all of them. */
const rounds = 30
const spawnsPerTurn = 3
const forksUnderBallast = 15
const small: Ballast = {memoryBytes: 0, mappings: 0, thp: 'never', mappedBytes: 0, threads: 0}
/** Enough to tell from nothing, and little enough to be there in a moment. */
const sampled = {memoryBytes: 128 * MiB, mappings: 4000}

async function blockedSmall(runner: Runner): Promise<Record<Method, number>> {
  const samples = Object.fromEntries(methods.map(method => [method, [] as number[]])) as Record<Method, number[]>
  for (const method of methods) await runner.run(method, 2) // the first ones find cold caches
  for (let round = 0; round < rounds; round++)
    for (const method of methods)
      samples[method].push(...(await runner.run(method, spawnsPerTurn)).samples.callerBlocked)
  return Object.fromEntries(methods.map(method => [method, median(samples[method])])) as Record<Method, number>
}

async function forkBlocked(runner: Runner): Promise<number> {
  const {samples} = await runner.run('fork', forksUnderBallast)
  return median(samples.callerBlocked)
}

/** How much more fork takes under this ballast than for a small caller, by unit of what is carried. */
async function forkCost(runner: Runner, ballast: Partial<Ballast>, units: number, smallNs: number): Promise<number> {
  await runner.carry({...small, ...ballast})
  await forkBlocked(runner) // the first ones find cold caches
  return Math.max(0, (await forkBlocked(runner)) - smallNs) / units
}

/** Measures in about a second what the methods cost here. The zygote among them is started once, as a program would. */
export async function calibrate(): Promise<Calibration> {
  const runner = await openNativeRunner(benchProgram([program]), methods)
  try {
    await runner.carry(small)
    const smallNs = await blockedSmall(runner)
    const {memoryBytes, mappings} = sampled
    const units = memoryBytes / MiB
    return {
      smallNs,
      forkNsPerMiB: await forkCost(runner, {memoryBytes}, units, smallNs.fork),
      forkNsPerHugeMiB: await forkCost(runner, {memoryBytes, thp: 'always'}, units, smallNs.fork),
      forkNsPerMapping: await forkCost(runner, {mappings}, mappings, smallNs.fork),
    }
  } finally {
    await runner.close()
  }
}
