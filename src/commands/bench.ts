import {Command} from '@oclif/core'
import {parseArgsStringToArgv} from 'string-argv'
import {benchOptions} from '../bench/options.js'
import {commandExits, SpawnctlError, UsageError} from '../errors.js'
import {parseOptions, splitLine} from '../exec/command-line.js'
import {writeError} from '../exec/output.js'
import {lastValue, type OptionValues} from '../plan/option.js'
import {flagsOf} from './flags.js'

const signalOffset = 128
const defaultProgram = '/bin/echo'

function programWords(values: OptionValues, program: readonly string[]): readonly string[] {
  const given = lastValue(values, 'program')
  if (program.length === 0) return parseArgsStringToArgv(given ?? defaultProgram)
  if (given === undefined) return program
  throw new UsageError('the program is given twice: by --program and at the end of the line', {
    next: 'spawnctl bench -- program arguments',
  })
}

export class Bench extends Command {
  static override summary = 'Measure what each method costs on this machine: the article’s table and graphs.'
  static override description =
    'Every method spawns the program as often, in shuffled rounds, and two times are taken: how long the caller was blocked, and how long it took until the exit was known. Ctrl-C ends it with what was measured so far.'
  static override usage = 'bench [options] [-- program arguments]'
  static override examples = [
    '<%= config.bin %> bench --quick',
    '<%= config.bin %> bench --memory sweep --methods fork,clone --export-html bench.html',
    '<%= config.bin %> bench --memory 0,1G --peers rust,python3 -- /bin/true',
    '<%= config.bin %> bench --export-json before.json',
    '<%= config.bin %> bench compare before.json after.json',
  ]
  static override strict = false
  static override flags = flagsOf(benchOptions)

  override async run(): Promise<void> {
    const words = this.argv
    await this.parse({strict: false}, []) // oclif wants it; the words are parsed as everywhere
    const {options, program} = splitLine(words, benchOptions)
    const asJson = options.includes('--json')
    try {
      const values = parseOptions(options, benchOptions)
      const command = programWords(values, program)
      const {runBench} = await import('./bench-session.js')
      const signal = await runBench(values, command)
      if (signal !== 0) this.exit(signalOffset + signal)
    } catch (error) {
      if (!(error instanceof SpawnctlError)) throw error
      const exitCode = error instanceof UsageError ? commandExits.usage : commandExits.failed
      writeError(error, asJson, exitCode)
      this.exit(exitCode)
    }
  }
}
