import {splitLine} from './exec/command-line.js'
import {exec} from './exec/exec.js'
import {execOptions} from './exec/options.js'

/** True when the options of exec, and not the program's, ask for help. */
function asksForHelp(words: readonly string[]): boolean {
  const {options} = splitLine(words, execOptions)
  return options.includes('--help') || options.includes('-h')
}

const [verb, ...words] = process.argv.slice(2)

if (process.platform !== 'linux') {
  process.stderr.write(
    'spawnctl: Linux only\nwhy:  pidfds, clone and vfork are what it is about, and they are Linux’s\nnext: run it in a Linux machine or container\n',
  )
  process.exit(1)
} else if (verb === 'exec' && words.length > 0 && !asksForHelp(words)) {
  exec(words)
} else {
  // oclif is loaded only now: it would more than double the start of a plain exec.
  void import('./cli.js').then(({main}) => main(process.argv.slice(2)))
}
