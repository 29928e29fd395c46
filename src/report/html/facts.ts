import type {Environment} from '../../bench/environment.js'
import type {BenchResult} from '../../bench/result.js'
import {showBytes} from '../../bench/size.js'
import {shellWords} from '../shell-words.js'
import {html, type Markup} from './markup.js'

type Fact = readonly [name: string, value: string | null]

function table(caption: string, facts: readonly Fact[]): Markup {
  return html`<table class="facts"><caption>${caption}</caption><tbody>
${facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value ?? 'not told'}</td></tr>\n`)}</tbody></table>`
}

function environmentFacts({cpu, memory, ...environment}: Environment): Fact[] {
  const {availableBytes, totalBytes, swapBytes} = memory
  return [
    ['Kernel', `Linux ${environment.kernel}, ${environment.arch}`],
    ['C library', environment.libc],
    ['Processor', `${cpu.model}, ${cpu.count} CPUs`],
    ['Frequency governor', cpu.governor],
    ['Virtualisation', environment.virtualisation],
    ['Memory', `${showBytes(availableBytes)} available of ${showBytes(totalBytes)}, ${showBytes(swapBytes)} swap`],
    ['Transparent huge pages', environment.hugePages],
    ['Overcommit', environment.overcommit === null ? null : String(environment.overcommit)],
    ['Load before', environment.loadAverage.map(load => load.toFixed(2)).join(', ')],
    ['Node.js', environment.versions.node],
    ['spawnctl', environment.versions.spawnctl],
  ]
}

function scenarioFacts({scenario, startedAt}: BenchResult): Fact[] {
  const {program, args, rows, memoryBytes, mappings, mappedBytes, threads, thp} = scenario
  const varied = (values: readonly number[], show: (value: number) => string) => values.map(show).join(', ')
  return [
    ['Program', shellWords([program, ...args])],
    ['Started', startedAt],
    ['Rows', rows.join(', ')],
    ['Iterations', `${scenario.iterations} of each row, after ${scenario.warmup} of warm-up`],
    ['Order', `shuffled in rounds, seed ${scenario.seed}`],
    ['Touched memory', varied(memoryBytes, showBytes)],
    ['Huge pages', thp.join(', ')],
    ['Mapped only', varied(mappedBytes, showBytes)],
    ['Further mappings', varied(mappings, String)],
    ['Further threads', varied(threads, String)],
    ['Environment', showBytes(scenario.environmentBytes)],
  ]
}

/** What was asked for and on which machine, for whoever wants to compare or to repeat it. */
export function facts(result: BenchResult): Markup {
  return html`<div class="pair">${table('What was measured', scenarioFacts(result))}
${table('The machine', environmentFacts(result.environment))}</div>`
}
