import {basename} from 'node:path'
import {Args, Command} from '@oclif/core'
import type {Named} from '../bench/compare.js'
import {commandExits, SpawnctlError, UsageError} from '../errors.js'
import {parseOptions} from '../exec/command-line.js'
import {print, writeError} from '../exec/output.js'
import type {Option} from '../plan/option.js'
import {flagsOf} from './flags.js'
import {columns, style} from './terminal.js'

const options: readonly Option[] = [{name: 'json', summary: 'print the comparison as JSON'}]

export class BenchCompare extends Command {
  static override summary = 'Tell whether two or more measurements differ, and by how much.'
  static override description =
    'The files are those of bench --export-json. The first is what the others are compared with: another machine, kernel or version, or the same at another time.'
  static override usage = 'bench compare [--json] A.json B.json…'
  static override examples = ['<%= config.bin %> bench compare before.json after.json']
  static override strict = false
  static override args = {files: Args.string({description: 'results of bench --export-json, two or more'})}
  static override flags = flagsOf(options)

  override async run(): Promise<void> {
    const words = this.argv
    await this.parse({strict: false}, []) // oclif wants it; the words are parsed as everywhere
    const own = words.filter(word => word.startsWith('-') && word !== '--')
    const files = words.filter(word => !word.startsWith('-'))
    const asJson = own.includes('--json')
    try {
      parseOptions(own, options)
      if (files.length < 2) throw new UsageError('bench compare wants two files or more', {next: this.example()})
      const {compare} = await import('../bench/compare.js')
      const {readResult} = await import('../bench/read-result.js')
      const {compareText} = await import('../report/bench/compare-table.js')
      const comparison = compare(
        files.map(file => ({name: basename(file), result: readResult(file)})) as [Named, ...Named[]],
      )
      const text = asJson ? `${JSON.stringify(comparison, null, 2)}\n` : compareText(comparison, style, columns())
      print(text)
    } catch (error) {
      if (!(error instanceof SpawnctlError)) throw error
      const exitCode = error instanceof UsageError ? commandExits.usage : commandExits.failed
      writeError(error, asJson, exitCode)
      this.exit(exitCode)
    }
  }

  private example(): string {
    return 'spawnctl bench --export-json A.json; spawnctl bench --export-json B.json; spawnctl bench compare A.json B.json'
  }
}
