import {escapeControls} from '../plan/control-characters.js'
import {shellWords} from '../plan/shell-words.js'
import {inAscii} from './locale.js'
import {wrapWords} from './wrap-words.js'

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

export interface DryRunStyle {
  readonly glyphs: 'unicode' | 'ascii'
  /** Where comments are wrapped; undefined where they are for a file or another program. */
  readonly columns: number | undefined
}

/** What is said of a call: once for all that are of the same reason, and the place of a step only once. */
function reasons({calls}: DryRun): readonly string[] {
  return calls.map(({step, reason, place}, i) => {
    const before = calls[i - 1]
    if (before?.step === step && before?.reason === reason) return ''
    const isKnown = calls.slice(0, i).some(call => call.step === step && call.place === place)
    return place === undefined || isKnown ? reason : `${reason}. ${place}`
  })
}

/** A call with the strings in it left as they are: those are the user's. */
function callInAscii(call: string): string {
  return call.replace(/"(?:[^"\\]|\\.)*"|[^"]+/g, part => (part.startsWith('"') ? part : inAscii(part)))
}

/** One system call a line; who makes it, the call, and above those of a step its reason, as a comment. */
export function dryRunText(run: DryRun, {glyphs, columns}: DryRunStyle): string {
  const width = Math.max(...run.calls.map(({by}) => by.length))
  const said = reasons(run)
  const [own, called] = glyphs === 'ascii' ? [inAscii, callInAscii] : [String, String]
  const comment = (text: string) =>
    wrapWords(escapeControls(text), (columns ?? Number.POSITIVE_INFINITY) - 2).map(line => `# ${line}`)
  const lines = run.calls.flatMap(({by, call, times}, i) => [
    ...(said[i] === '' ? [] : comment(own(said[i] as string))),
    escapeControls(`${by.padEnd(width)}  ${called(call)}${times === undefined ? '' : own(`  × ${times}`)}`),
  ])
  const head = [`# ${shellWords(run.program)}`, ...comment(own(`method ${run.method}: ${run.why}`))]
  return `${[...head, ...lines, ...run.supervision.flatMap(text => comment(own(`then: ${text}`)))].join('\n')}\n`
}
