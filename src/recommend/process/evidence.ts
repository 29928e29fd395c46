import type {Answered} from '../../flowchart/answers.js'
import type {QuestionId} from '../../flowchart/chart.js'
import type {ProcessFacts} from './facts.js'
import type {Prediction} from './prediction.js'

/** What is seen of a live process, for a person and for programs. */
export interface Evidence extends ProcessFacts {
  /** For how long each method would block it. */
  readonly callerBlockedNs: Prediction
}

/**
 * For so long nobody minds that a thread stands still: about what it takes anyway to start a small program. Beyond it a
 * server's slowest answers show it.
 */
const tolerableNs = 1_000_000

/** As programs read it: with the threshold that decides “performance critical?”. */
export function evidenceAsJson(evidence: Evidence): object {
  return {...evidence, performanceCriticalAboveNs: tolerableNs}
}

function showNs(ns: number): string {
  return ns >= 1e6 ? `${Number((ns / 1e6).toPrecision(2))} ms` : `${Math.round(ns / 1e3)} µs`
}

function showMiB(bytes: number): string {
  const mebibytes = bytes / 2 ** 20
  return mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(1)} GiB` : `${Math.round(mebibytes)} MiB`
}

function isCritical({callerBlockedNs, ...facts}: Evidence): Answered {
  const {fork, clone} = callerBlockedNs
  const because = `for ${showMiB(facts.copiedBytes + facts.copiedHugeBytes)} and ${facts.mappings} mappings of process ${facts.pid} (${facts.name}) fork would block its caller for ${showNs(fork)}, clone for ${showNs(clone)}; more than ${showNs(tolerableNs)} is critical`
  return {answer: fork > tolerableNs ? 'yes' : 'no', source: 'process', because}
}

function isSingleThreaded({threads, pid, name}: Evidence): Answered {
  const because = `process ${pid} (${name}) has ${threads === 1 ? 'one thread' : `${threads} threads`}`
  return {answer: threads === 1 ? 'yes' : 'no', source: 'process', because}
}

/** For people, the quickest first. */
export function costsOf({callerBlockedNs}: Evidence): readonly {method: string; time: string}[] {
  return Object.entries(callerBlockedNs)
    .sort(([, a], [, b]) => a - b)
    .map(([method, ns]) => ({method, time: showNs(ns)}))
}

/** What decides “performance critical?”, for people. */
export function thresholdOf(): string {
  return `more than ${showNs(tolerableNs)} of fork counts as performance critical`
}

/** What was seen of the process, for people. */
export function seenOf(evidence: Evidence): {title: string; lines: readonly {what: string; value: string}[]} {
  const {pid, name, threads, residentBytes, copiedBytes, copiedHugeBytes, keptBytes, mappings} = evidence
  return {
    title: `Process ${pid} (${name})`,
    lines: [
      {what: 'threads', value: String(threads)},
      {what: 'resident memory', value: showMiB(residentBytes)},
      {what: 'fork would copy', value: showMiB(copiedBytes + copiedHugeBytes)},
      {what: 'of that in huge pages', value: showMiB(copiedHugeBytes)},
      {what: 'kept from fork', value: showMiB(keptBytes)},
      {what: 'mappings', value: String(mappings)},
    ],
  }
}

/** The answers that a live process gives by what it is. */
export function answersFrom(evidence: Evidence): {readonly [question in QuestionId]?: Answered} {
  return {'performance-critical': isCritical(evidence), 'single-threaded': isSingleThreaded(evidence)}
}
