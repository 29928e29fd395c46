import {benchOptions} from './bench/options.js'
import {splitLine} from './exec/command-line.js'
import {exec} from './exec/exec.js'
import {execOptions} from './exec/options.js'
import {mostDescriptors, reportUnopened} from './exec/unopened.js'
import type {Option} from './plan/option.js'
import {recommendAsJson} from './recommend/json.js'
import {recommendOptions} from './recommend/options.js'

/** The words of spawnctl itself, less those of the program that it shall run. */
function ownWords(words: readonly string[], options: readonly Option[]): readonly string[] {
  return splitLine(words, options).options
}

function asksForHelp(words: readonly string[]): boolean {
  return words.includes('--help') || words.includes('-h')
}

/** The options of the commands that end in a program's line, and are not plain. */
function optionsBeforeProgram(): readonly Option[] | undefined {
  if (verb === 'recommend') return recommendOptions
  return verb === 'bench' && words[0] !== 'compare' ? benchOptions : undefined
}

/** The line with "--" before the program: oclif would take the program's own --help for ours. */
function separated(): readonly string[] {
  const own = optionsBeforeProgram()
  if (own === undefined) return process.argv.slice(2)
  const {options, program} = splitLine(words, own)
  return program.length > 0 ? [verb as string, ...options, '--', ...program] : [verb as string, ...options]
}

function isPlainExec(): boolean {
  return verb === 'exec' && !asksForHelp(ownWords(words, execOptions))
}

/** To look at a process takes measuring, and that takes the packages. */
function asksToLook(words: readonly string[]): boolean {
  return words.some(word => word.startsWith('--pid'))
}

function isPlainRecommend(): boolean {
  const own = verb === 'recommend' ? ownWords(words, recommendOptions) : []
  return own.includes('--json') && !asksForHelp(own) && !asksToLook(own)
}

const [verb, ...words] = process.argv.slice(2)

if (process.platform !== 'linux') {
  process.stderr.write(
    'spawnctl: Linux only\nwhy:  pidfds, clone and vfork are what it is about, and they are Linux’s\nnext: run it in a Linux machine or container\n',
  )
  process.exit(1)
} else if (isPlainExec()) {
  exec(words)
} else if (isPlainRecommend()) {
  recommendAsJson(words)
} else {
  // oclif is loaded only now: it would more than double the start of a plain exec.
  const line = verb === 'help' ? [...words, '--help'] : separated()
  const most = mostDescriptors() // while there are some left to read it with
  import('./cli.js').then(({main}) => main(line, most)).catch((error: Error) => reportUnopened(error, most))
}
