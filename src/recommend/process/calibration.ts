import {openNativeRunner} from '../../bench/native-runner.js'
import {benchProgram} from '../../bench/program.js'
import type {Ballast, Runner} from '../../bench/runner.js'
import {median} from '../../bench/statistics/spread.js'
import {type Method, methods} from '../../methods/method.js'
import type {Calibration} from './prediction.js'

const MiB = 2 ** 20
const program = '/bin/true'
const rounds = 15
const small: Ballast = {memoryBytes: 0, mappings: 0, thp: 'never', mappedBytes: 0, threads: 0}
/** Enough to tell from nothing, and little enough to be there in a moment. */
const sampled = {memoryBytes: 128 * MiB, mappings: 4000}

async function blocked(runner: Runner, method: Method): Promise<number> {
  const {samples} = await runner.run(method, rounds)
  return median(samples.callerBlocked)
}

/** How much more fork takes under this ballast than for a small caller, by unit of what is carried. */
async function forkCost(runner: Runner, ballast: Partial<Ballast>, units: number, smallNs: number): Promise<number> {
  await runner.carry({...small, ...ballast})
  await blocked(runner, 'fork') // the first ones find cold caches
  return Math.max(0, (await blocked(runner, 'fork')) - smallNs) / units
}

/** Measures in about a second what the methods cost here. The zygote among them is started once, as a program would. */
export async function calibrate(): Promise<Calibration> {
  const runner = await openNativeRunner(benchProgram([program]), methods)
  try {
    await runner.carry(small)
    for (const method of methods) await runner.run(method, 2)
    const entries: [Method, number][] = []
    for (const method of methods) entries.push([method, await blocked(runner, method)])
    const smallNs = Object.fromEntries(entries) as Record<Method, number>
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
