import {isatty} from 'node:tty'
import {Command} from '@oclif/core'
import {SpawnctlError} from '../errors.js'
import {exec} from '../exec/exec.js'
import {planOptions} from '../exec/options.js'
import {print, writeAll} from '../exec/output.js'
import {restoreStdio} from '../exec/stdio.js'
import {chart} from '../flowchart/chart.js'
import {draw} from '../flowchart/draw.js'
import {
  answered,
  type Decision,
  decide,
  openQuestion,
  type Question,
  readQuestion,
  withEvidence,
} from '../recommend/decision.js'
import {complain, writeDecision} from '../recommend/json.js'
import {answerOptions, jsonOption, pidOption} from '../recommend/options.js'
import {
  answersFrom,
  costsOf,
  type Evidence,
  evidenceAsJson,
  seenOf,
  thresholdOf,
} from '../recommend/process/evidence.js'
import {paintChart} from '../report/flowchart.js'
import {recommendationText} from '../report/recommendation.js'
import {flagsOf} from './flags.js'
import {chalk, columns, speaksUtf8, style} from './terminal.js'

const [stdin, stdout] = [0, 1]
const interruptedExit = 130

function present({result, path, known}: Decision, seen: Evidence | undefined): string {
  const lines = draw(chart, {path, glyphs: speaksUtf8() ? 'unicode' : 'ascii'})
  const answers = result.path.map(({question, answer, source}) => {
    const because = known[question]?.because
    return {label: chart.questions[question].label, answer, source, ...(because !== undefined && {because})}
  })
  const picture = paintChart(lines, {taken: chalk.green.bold, other: chalk.dim})
  const process = seen && {...seenOf(seen), costs: costsOf(seen), threshold: thresholdOf()}
  return `\n${recommendationText({...result, picture, answers, ...(process && {process})}, style, columns())}\n`
}

/** The first time something is measured, in about a second. */
async function lookAt(pid: number): Promise<Evidence> {
  const {look} = await import('../recommend/process/look.js')
  return look(pid)
}

/** Asks what is still open, one question at a time. */
async function interview(question: Question): Promise<Question> {
  let {known} = question
  for (let open = openQuestion(known); open !== undefined; open = openQuestion(known)) {
    const {ask} = await import('./interview.js')
    known = answered(known, open, await ask(open, style, columns(), text => writeAll(stdout, text)))
  }
  return {...question, known}
}

async function offer(method: string): Promise<readonly string[]> {
  const {askForProgram} = await import('./interview.js')
  return askForProgram(method)
}

export class Recommend extends Command {
  static override summary = 'Walk the flowchart to the method that fits, and run a program with it.'
  static override description =
    'On a terminal every question that the options do not answer is asked. Without one nothing is asked: the options given count as the whole housekeeping, and an answer that is missing is an error (exit 2) that names its flag. With a program, it is run by the method recommended.'
  static override usage = 'recommend [options] [-- program arguments]'
  static override examples = [
    '<%= config.bin %> recommend',
    '<%= config.bin %> recommend -- git --version',
    '<%= config.bin %> recommend --pid 4242 --no-simple-housekeeping',
    '<%= config.bin %> recommend --umask 027 --performance-critical --no-posix --json',
  ]
  static override strict = false
  static override flags = {
    ...flagsOf(answerOptions, 'ANSWERS'),
    ...flagsOf([pidOption, jsonOption]),
    ...flagsOf(planOptions, 'HOUSEKEEPING'),
  }

  private asJson = false

  override async run(): Promise<void> {
    const words = this.argv
    this.asJson = words.includes('--json')
    await this.parse({strict: false}, []) // oclif wants it; the words are parsed as everywhere
    const asking = isatty(stdin) && isatty(stdout)
    const read = readQuestion(words, asking)
    const seen = read.pid === undefined ? undefined : await lookAt(read.pid)
    const question = seen === undefined ? read : withEvidence(read, answersFrom(seen))
    if (question.asJson) return writeDecision(question, seen && evidenceAsJson(seen))
    const decision = decide(asking ? await interview(question) : question)
    const text = present(decision, seen)
    if (read.program.length > 0) writeAll(stdout, text)
    else print(text) // without a program it is all that this is for
    const program = read.program.length > 0 || !asking ? read.program : await offer(decision.result.method)
    if (program.length === 0) return
    restoreStdio()
    exec([...decision.execWords, ...program])
  }

  protected override async catch(error: Error): Promise<void> {
    if (error.name === 'ExitPromptError') return this.exit(interruptedExit)
    if (!(error instanceof SpawnctlError)) return super.catch(error)
    this.exit(complain(error, this.asJson))
  }
}
