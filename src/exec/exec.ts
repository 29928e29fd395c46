import {closeSync, openSync} from 'node:fs'
import {isatty} from 'node:tty'
import {styleText} from 'node:util'
import {SpawnctlError, SpawnError, UsageError} from '../errors.js'
import {describeCause} from '../methods/diagnosis/errno.js'
import {plannedCalls} from '../methods/dry-run.js'
import {adviseOpen} from '../methods/files.js'
import {type Ran, runPlan} from '../methods/spawn.js'
import type {Timeline} from '../methods/timeline.js'
import {leave, terminalColumns} from '../native/core.js'
import {kindOf} from '../plan/housekeeping.js'
import {isOn, lastValue, type OptionValues, refuseEmpty} from '../plan/option.js'
import {describeSupervision} from '../plan/supervision.js'
import {readableText} from '../plan/text.js'
import {dryRunText} from '../report/dry-run.js'
import {speaksUtf8} from '../report/locale.js'
import {timelineText} from '../report/timeline.js'
import {refuseInexactOptions} from './caller.js'
import {parseOptions, splitLine} from './command-line.js'
import {execOptions} from './options.js'
import {
  describeBirth,
  describeEnd,
  errorAsJson,
  LostOutput,
  reportOf,
  say,
  whatLimitDid,
  writeAll,
  writeError,
} from './output.js'
import {type Request, readRequest} from './request.js'

const stdout = 1
const stderr = 2
const usualColumns = 80
const failedItself = 125
const signalOffset = 128
const SIGKILL = 9
const SIGPIPE = 13
/** As with timeout(1). */
const timeIsUp = 124

interface End {
  code: number
  /** The signal to end by, when the terminal's Ctrl-C ended the program: a shell's loop must see it. */
  signal: number
}

/** Opened before the program runs: a report that cannot be written is refused in time. */
function openReport(file: string): number {
  refuseEmpty(file, 'report', 'a file', './report.json')
  try {
    return openSync(file, 'w')
  } catch (cause) {
    const {name, text} = describeCause(cause)
    throw new UsageError(`--report ${file}: ${text} (${name})`, adviseOpen(file, name))
  }
}

function announce({plan, method, why, supervision}: Request): void {
  say(why === undefined ? `method ${method}, as asked` : `method ${method}: ${why}`)
  for (const step of plan.steps) say(`  ${kindOf(step).describe(step)}`)
  for (const line of describeSupervision(supervision)) say(`  ${line}`)
}

/** Says what would be done; as JSON on standard output too, for it is all that there is. */
function rehearse({plan, method, why, supervision}: Request, asJson: boolean): End {
  const calls = plannedCalls(plan, method, supervision)
  const program = plan.argv.map(readableText)
  const told = {method, why: why ?? 'as asked', program, supervision: describeSupervision(supervision), calls}
  const style = {glyphs: speaksUtf8() ? 'unicode' : 'ascii', columns: terminalColumns(stdout)} as const
  const lost = writeAll(stdout, asJson ? `${JSON.stringify(told)}\n` : dryRunText(told, style))
  if (lost === 'EPIPE') return {code: signalOffset + SIGPIPE, signal: SIGPIPE} // as of any program: nobody reads on
  if (lost !== undefined) throw new LostOutput(lost)
  return {code: 0, signal: 0}
}

/**
 * Runs what was asked for; auto, by the method that it chose. What libc makes posix_spawn of may be refused by a filter
 * (clone3, with EPERM): auto then goes on to clone, which has the older call left and says which step or program failed.
 */
function runChosen({plan, method, why, verbose, supervision}: Request, tell?: (timeline: Timeline) => void): Ran {
  try {
    return runPlan(plan, method, supervision, tell)
  } catch (error) {
    const errno = error instanceof SpawnError ? error.failure.errno : undefined
    if (why === undefined || method !== 'posix_spawn' || !(errno === 'EPERM' || errno === 'ENOSYS')) throw error
    if (verbose) say(`posix_spawn is refused here (${errno}): method clone instead`)
    return runPlan(plan, 'clone', supervision, tell)
  }
}

const isColourful = isatty(stderr) && !process.env.NO_COLOR
const paint = (format: 'dim' | 'red') => (text: string) => (isColourful ? styleText(format, text) : text)

/** Writes it as it was asked for; undefined when it was not. */
function timelineTeller(values: OptionValues): ((timeline: Timeline) => void) | undefined {
  const [drawn, asJson] = [isOn(values, 'timeline'), isOn(values, 'timeline-json')]
  if (!drawn && !asJson) return undefined
  const glyphs = speaksUtf8() ? 'unicode' : 'ascii'
  return timeline => {
    const style = {
      glyphs,
      columns: terminalColumns(stderr) ?? usualColumns,
      quiet: paint('dim'),
      bad: paint('red'),
    } as const
    if (drawn) writeAll(stderr, timelineText(timeline, style))
    if (asJson) writeAll(stderr, `${JSON.stringify({timeline})}\n`)
  }
}

function run(values: OptionValues, program: readonly string[], asJson: boolean): End {
  const isRehearsal = isOn(values, 'dry-run')
  const reportFile = lastValue(values, 'report')
  const report = reportFile === undefined || isRehearsal ? undefined : openReport(reportFile)
  const write = (value: object) => {
    const lost = report === undefined ? undefined : writeAll(report, `${JSON.stringify(value, null, 2)}\n`)
    if (lost !== undefined) say(`--report ${reportFile}: the report could not be written (${lost})`)
    if (asJson) writeAll(stderr, `${JSON.stringify(value)}\n`)
  }
  try {
    const request = readRequest(values, program)
    if (isRehearsal) return rehearse(request, asJson)
    if (request.verbose) announce(request)
    const ran = runChosen(request, timelineTeller(values))
    if (request.verbose) {
      say(describeBirth(ran))
      say(describeEnd(ran))
    }
    write(reportOf(ran))
    if (!asJson) for (const limit of ran.limitsMet) say(whatLimitDid[limit])
    for (const directory of ran.cgroups)
      say(
        `the control group ${directory} stays, for it has processes${ran.killTree === null ? '; --kill-tree ends them' : ''}`,
      )
    if (ran.timedOut !== 'no' && !request.supervision.preserveStatus)
      return {code: ran.signal === SIGKILL ? signalOffset + SIGKILL : timeIsUp, signal: 0}
    if (ran.signal !== null) return {code: signalOffset + ran.signal, signal: ran.interrupted ? ran.signal : 0}
    return {code: ran.exitCode as number, signal: 0}
  } catch (error) {
    if (report !== undefined && error instanceof SpawnctlError)
      writeAll(report, `${JSON.stringify(errorAsJson(error), null, 2)}\n`)
    throw error
  } finally {
    if (report !== undefined) closeSync(report)
  }
}

function complain(error: unknown, asJson: boolean): End {
  if (!(error instanceof SpawnctlError)) {
    writeAll(stderr, `spawnctl: ${error instanceof Error ? error.stack : String(error)}\n`)
    return {code: failedItself, signal: 0}
  }
  writeError(error, asJson)
  return {code: error.exitCode, signal: 0}
}

/** `spawnctl exec`: everything from the words of the command line to the end of this process. */
export function exec(words: readonly string[]): never {
  let asJson = false
  let end: End
  try {
    const line = splitLine(words, execOptions)
    asJson = line.options.includes('--json') // also when the rest cannot be understood
    refuseInexactOptions(words, line.options)
    const values = parseOptions(line.options, execOptions)
    end = run(values, line.program, asJson)
  } catch (error) {
    end = complain(error, asJson)
  }
  try {
    leave(end.code, end.signal)
  } catch {
    process.exit(end.code) // the native core is what is missing
  }
}
