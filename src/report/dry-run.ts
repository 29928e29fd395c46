import {shellWords} from './shell-words.js'

interface Call {
  readonly by: string
  readonly call: string
  readonly times?: number
  readonly step?: string
  readonly reason: string
  readonly place?: string
}

export interface DryRun {
  readonly method: string
  readonly why: string
  readonly program: readonly string[]
  /** What is watched over while the program runs. */
  readonly supervision: readonly string[]
  readonly calls: readonly Call[]
}

/** What is said of a call: once for all calls of a step. */
function reasons({calls}: DryRun): readonly string[] {
  return calls.map((call, i) => {
    const before = calls[i - 1]
    if (before?.step === call.step && before?.reason === call.reason && before.by === call.by) return ''
    return call.place === undefined ? call.reason : `${call.reason}. ${call.place}`
  })
}

/** One system call a line; who makes it, the call, and above those of a step its reason, as a comment. */
export function dryRunText(run: DryRun): string {
  const width = Math.max(...run.calls.map(({by}) => by.length))
  const said = reasons(run)
  const lines = run.calls.flatMap(({by, call, times}, i) => [
    ...(said[i] === '' ? [] : [`# ${said[i]}`]),
    `${by.padEnd(width)}  ${call}${times === undefined ? '' : `  × ${times}`}`,
  ])
  const head = [`# ${shellWords(run.program)}`, `# method ${run.method}: ${run.why}`]
  return `${[...head, ...lines, ...run.supervision.map(text => `# then: ${text}`)].join('\n')}\n`
}
