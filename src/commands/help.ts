import {type Command, CommandHelp, Help as OclifHelp} from '@oclif/core'
import {fillLines, wrapWords} from '../report/wrap-words.js'

/** Of a section, and once more of the lines that go on with a command. */
const indent = 2
const prompt = '$ '
const continued = ' \\'

/** A command in lines that a shell reads as one; what stands in quotes is not broken. */
function breakCommand(command: string, columns: number): string {
  if (command.length <= columns) return command
  const words = command.match(/(?:'[^']*'|"[^"]*"|\S)+/g) ?? []
  return fillLines(words, columns - continued.length).join(`${continued}\n${' '.repeat(indent + prompt.length)}`)
}

class WrappedCommandHelp extends CommandHelp {
  /** oclif reckons with the indentation of a list, but not with that of the section around it. */
  override renderList(...[input, options]: Parameters<CommandHelp['renderList']>): string {
    return super.renderList(input, {...options, indentation: options.indentation + indent})
  }

  protected override examples(examples: Command.Example[] | undefined | string): string | undefined {
    if (!Array.isArray(examples)) return super.examples(examples)
    const columns = this.opts.maxWidth - 2 * indent - prompt.length
    return super.examples(
      examples.map(example => (typeof example === 'string' ? breakCommand(this.render(example), columns) : example)),
    )
  }
}

/** oclif's help in which no line is wider than the terminal, so that none is broken within a word. */
export default class Help extends OclifHelp {
  protected override CommandHelpClass = WrappedCommandHelp

  /** oclif wraps what it indents, and leaves the summary at the top as it is. */
  protected override log(...texts: string[]): void {
    const wrap = (line: string) => (line.startsWith(' ') ? line : wrapWords(line, this.opts.maxWidth).join('\n'))
    super.log(...texts.map(text => text.split('\n').map(wrap).join('\n')))
  }
}
