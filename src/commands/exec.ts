import {Command} from '@oclif/core'
import {exec} from '../exec/exec.js'
import {execOptions, planOptions} from '../exec/options.js'
import {flagsOf} from './flags.js'

const ownOptions = execOptions.filter(option => !planOptions.includes(option))

/** The words are parsed by exec itself, which needs no oclif; here the same options become its help. */
export class Exec extends Command {
  static override summary = 'Run a program, created by the method you name or the flowchart chooses.'
  static override description =
    'Options end at the first word that is none (or at --): the rest is the program’s. Terminal, pipes and signals are the program’s own; the exit code is its code, 128+n when signal n killed it, 125 when spawnctl failed, 126 when the program cannot be executed, 127 when it is not found.'
  static override usage = 'exec [options] [--] program [arguments]'
  static override examples = [
    '<%= config.bin %> exec --method clone -- git --version',
    '<%= config.bin %> exec --cwd /tmp --umask 077 --stdout out.log --stderr stdout make -j4',
    '<%= config.bin %> exec --user nobody --verbose -- id',
    '<%= config.bin %> exec --report report.json -- sleep 1',
  ]
  static override strict = false
  static override flags = {...flagsOf(ownOptions), ...flagsOf(planOptions, 'HOUSEKEEPING')}

  override async run(): Promise<void> {
    exec(this.argv)
  }
}
