import {Command} from '@oclif/core'
import {
  type Examination,
  essentialsMissing,
  essentialsUnknown,
  examine,
  type Finding,
  groups,
} from '../doctor/examine.js'
import {examinationAsJson} from '../doctor/json.js'
import {doctorOptions} from '../doctor/options.js'
import type {Consequence} from '../doctor/probe.js'
import {commandExits, SpawnctlError, UsageError} from '../errors.js'
import {parseOptions} from '../exec/command-line.js'
import {print, writeError} from '../exec/output.js'
import {methods} from '../methods/method.js'
import {isOn} from '../plan/option.js'
import {type DoctorStyle, examinationText, type FindingText, markGlyphs} from '../report/doctor.js'
import {flagsOf} from './flags.js'
import {chalk, columns, speaksUtf8} from './terminal.js'

const style: DoctorStyle = {
  heading: chalk.bold,
  quiet: chalk.dim,
  mark: {well: chalk.green, bad: chalk.red.bold, lacking: chalk.yellow},
  glyphs: markGlyphs[speaksUtf8() ? 'unicode' : 'ascii'],
}

function whatFollows(consequence: Consequence): string {
  const concerned = consequence.methods.length === methods.length ? ['every method'] : consequence.methods
  const names = [...concerned, ...consequence.options].join(', ')
  return names === '' ? consequence.text : `${names}: ${consequence.text}`
}

function findingText({title, essential, outcome, consequence, advice}: Finding, verbose: boolean): FindingText {
  if (outcome.state === 'works') {
    const {detail, evidence} = outcome
    return {mark: 'well', title, ...(detail !== undefined && {detail}), ...(verbose && {evidence})}
  }
  return {
    mark: essential && outcome.state !== 'unknown' ? 'bad' : 'lacking',
    title,
    detail: outcome.errno === undefined ? outcome.state : `${outcome.state} (${outcome.errno})`,
    ...(verbose && {evidence: outcome.evidence}),
    ...(consequence && {
      consequence: `${outcome.state === 'unknown' ? 'if it does not work: ' : ''}${whatFollows(consequence)}`,
    }),
    ...(advice !== undefined && {advice}),
  }
}

function closing(examination: Examination): string {
  const essential = essentialsMissing(examination).map(({title}) => title)
  const lacking = examination.findings.filter(({outcome}) => outcome.state !== 'works').length - essential.length
  const {bad, lacking: dash} = style.glyphs
  if (essential.length > 0) return `${bad} exec cannot do its work here before this is cured: ${essential.join('; ')}.`
  const unknown = essentialsUnknown(examination).map(({title}) => title)
  if (unknown.length > 0) return `Whether exec works here could not be found out (${dash}): ${unknown.join('; ')}.`
  if (lacking === 0) return 'All is well: every method and every step can be used here.'
  return `exec works here. ${lacking} of ${examination.findings.length} things are not to be had (${dash}): what follows is said beside each.`
}

function present(examination: Examination, verbose: boolean): string {
  const {kernel, arch, node, uid} = examination.machine
  return examinationText(
    {
      machine: `Linux ${kernel}, ${arch}, Node ${node}, uid ${uid}`,
      groups: groups.map(({id, title}) => ({
        title,
        findings: examination.findings.filter(({group}) => group === id).map(found => findingText(found, verbose)),
      })),
      closing: closing(examination),
    },
    style,
    columns(),
  )
}

export class Doctor extends Command {
  static override summary = 'Try what this kernel, container and user allow, and say what follows.'
  static override description =
    'Every probe is tried in a child of its own and changes nothing. Exit code 0 when exec can do its work here, 1 when something essential is missing, 2 when the command line cannot be understood.'
  static override usage = 'doctor [options]'
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --verbose',
    '<%= config.bin %> doctor --json | jq \'.findings[] | select(.state != "works")\'',
  ]
  static override strict = false
  static override flags = flagsOf(doctorOptions)

  override async run(): Promise<void> {
    const words = this.argv
    await this.parse({strict: false}, []) // oclif wants it; the words are parsed as everywhere
    const {asJson, verbose} = this.read(words)
    const examination = examine()
    print(asJson ? `${JSON.stringify(examinationAsJson(examination), null, 2)}\n` : present(examination, verbose))
    if (essentialsMissing(examination).length > 0) this.exit(commandExits.failed)
  }

  /** None of the options has a value, so a word that is none is one too many. */
  private read(words: readonly string[]): {asJson: boolean; verbose: boolean} {
    const isOption = (word: string) => word.startsWith('-') && word !== '-'
    try {
      const values = parseOptions(
        words.filter(word => isOption(word) && word !== '--'),
        doctorOptions,
      )
      const extra = words.find(word => !isOption(word))
      if (extra !== undefined)
        throw new UsageError(`doctor takes no argument: ${extra}`, {next: 'spawnctl doctor [options]'})
      return {asJson: isOn(values, 'json'), verbose: isOn(values, 'verbose')}
    } catch (error) {
      if (!(error instanceof SpawnctlError)) throw error
      writeError(error, words.includes('--json'), commandExits.usage)
      return this.exit(commandExits.usage)
    }
  }
}
