import type {Environment} from '../../bench/environment.js'
import type {BenchResult, Scenario} from '../../bench/result.js'
import {showBytes} from '../../bench/size.js'
import {shellWords} from '../../plan/shell-words.js'
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
    ['Frequency governor', cpu.governor ?? 'none'],
    ['Virtualisation', environment.virtualisation],
    ['Memory', `${showBytes(availableBytes)} available of ${showBytes(totalBytes)}, ${showBytes(swapBytes)} swap`],
    ['Transparent huge pages', environment.hugePages],
    ['Overcommit', environment.overcommit === null ? null : String(environment.overcommit)],
    ['Load before', environment.loadAverage.map(load => load.toFixed(2)).join(', ')],
    ['Node.js', environment.versions.node],
    ['spawnctl', environment.versions.spawnctl],
  ]
}

/** The axes of the ballast that were not left at nothing. */
function ballastFacts({memoryBytes, mappedBytes, mappings, threads, thp, environmentBytes}: Scenario): Fact[] {
  const used = (values: readonly number[]) => values.some(value => value > 0)
  const shown = (name: string, values: readonly number[], show: (value: number) => string): Fact[] =>
    used(values) ? [[name, values.map(show).join(', ')]] : []
  const facts = [
    ...shown('Touched memory', memoryBytes, showBytes),
    ...(used(memoryBytes) ? [['Backed by huge pages', thp.join(', ')] as const] : []),
    ...shown('Mapped, untouched', mappedBytes, showBytes),
    ...shown('Further mappings', mappings, String),
    ...shown('Further threads', threads, String),
    ...shown('Added environment', [environmentBytes], showBytes),
  ]
  return facts.length === 0 ? [['Ballast', 'none']] : facts
}

function scenarioFacts({scenario, startedAt}: BenchResult): Fact[] {
  const {program, args, rows, iterations, warmup, seed} = scenario
  return [
    ['Program', shellWords([program, ...args])],
    ['Started', startedAt],
    ['Rows', rows.join(', ')],
    ['Iterations', `${iterations} of each row, after ${warmup} of warm-up`],
    ['Order', `shuffled in rounds, seed ${seed}`],
    ...ballastFacts(scenario),
  ]
}

/** What was asked for and on which machine, for whoever wants to compare or to repeat it. */
export function facts(result: BenchResult): Markup {
  return html`<div class="pair">${table('What was measured', scenarioFacts(result))}
${table('The machine', environmentFacts(result.environment))}</div>`
}
