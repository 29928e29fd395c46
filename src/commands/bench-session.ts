import {constants} from 'node:os'
import {bench, type Watcher} from '../bench/bench.js'
import {readEnvironment, tracerPid} from '../bench/environment.js'
import {ExportFile} from '../bench/export-file.js'
import {carriersOf, fitToMachine} from '../bench/memory-limit.js'
import {openRunners} from '../bench/open-runners.js'
import {checkPeers} from '../bench/peers/open-peers.js'
import {benchProgram} from '../bench/program.js'
import {readBenchRequest} from '../bench/request.js'
import type {BenchResult} from '../bench/result.js'
import {SpawnctlError} from '../errors.js'
import {print} from '../exec/output.js'
import {isOn, lastValue, type OptionValues} from '../plan/option.js'
import {benchCsv} from '../report/bench/csv.js'
import {benchJson} from '../report/bench/json.js'
import {benchMarkdown} from '../report/bench/markdown.js'
import {parityLines} from '../report/bench/parity.js'
import {benchText} from '../report/bench/text.js'
import {benchProgress} from './bench-progress.js'
import {columns, speaksUtf8, style} from './terminal.js'

const mostSeed = 2 ** 31 - 1
const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const exporters: Readonly<Record<string, (result: BenchResult) => string | Promise<string>>> = {
  'export-json': result => benchJson(result, {samples: true}),
  'export-csv': benchCsv,
  'export-markdown': benchMarkdown,
  'export-html': async result => (await import('../report/html/bench.js')).benchHtml(result),
}

interface Export {
  readonly file: ExportFile
  readonly render: (result: BenchResult) => string | Promise<string>
}

function openExports(values: OptionValues): readonly Export[] {
  const opened: Export[] = []
  try {
    for (const [option, render] of Object.entries(exporters)) {
      const path = lastValue(values, option)
      if (path !== undefined) opened.push({file: ExportFile.open(option, path), render})
    }
  } catch (error) {
    for (const {file} of opened) file.discard()
    throw error
  }
  return opened
}

/** The first interruption ends the measurement with what there is, the second ends this process. */
function listen(): {signal: AbortSignal; number: () => number; stop: () => void} {
  const controller = new AbortController()
  let number = 0
  const interrupt = (name: NodeJS.Signals) => {
    if (number !== 0) process.exit(128 + number)
    number = constants.signals[name]
    controller.abort()
  }
  for (const name of interruptions) process.on(name, interrupt)
  const stop = () => {
    for (const name of interruptions) process.off(name, interrupt)
  }
  return {signal: controller.signal, number: () => number, stop}
}

function render(result: BenchResult, values: OptionValues): string {
  if (isOn(values, 'json')) return benchJson(result, {samples: false})
  if (isOn(values, 'parity')) return parityLines(result)
  return benchText(result, {style, columns: columns(), glyphs: speaksUtf8() ? 'unicode' : 'ascii'})
}

async function measured(values: OptionValues, words: readonly string[], watcher: Watcher): Promise<BenchResult> {
  const request = readBenchRequest(values, () => Math.floor(Math.random() * mostSeed))
  const program = benchProgram(words, request.environmentBytes)
  checkPeers(request.peers)
  const {fitting, leftOut: tooLarge} = fitToMachine(request, carriersOf(request))
  const environment = readEnvironment()
  const {runners, leftOut: missing} = await openRunners(fitting, program)
  const leftOut = [...missing, ...tooLarge]
  try {
    return await bench(fitting, {program, runners, leftOut, environment, tracerPid: tracerPid()}, watcher)
  } finally {
    await Promise.all(runners.map(runner => runner.close()))
  }
}

/**
 * `spawnctl bench`, from the values of its options to what it prints and writes.
 * @returns the signal that interrupted it, 0 for none
 * @throws {SpawnctlError}
 */
export async function runBench(values: OptionValues, words: readonly string[]): Promise<number> {
  const exports = openExports(values)
  const interruption = listen()
  const progress = benchProgress()
  try {
    const result = await measured(values, words, {...progress.watcher, signal: interruption.signal})
    progress.stop()
    if (result.results.length > 0) {
      try {
        print(render(result, values))
      } finally {
        for (const {file, render} of exports) file.write(await render(result))
      }
    }
  } catch (error) {
    if (interruption.number() === 0 || !(error instanceof SpawnctlError || (error as Error).name === 'AbortError'))
      throw error
  } finally {
    progress.stop()
    interruption.stop()
    for (const {file} of exports) file.discard()
  }
  return interruption.number()
}
