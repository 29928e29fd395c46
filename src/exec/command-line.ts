import {parseArgs} from 'node:util'
import {UsageError} from '../errors.js'
import type {Option, OptionValues} from '../plan/option.js'

/** A command line cut where options end: at the first word that is none, or at "--", as with env, nice and timeout. */
export interface SplitLine {
  readonly options: readonly string[]
  readonly program: readonly string[]
}

function takesNextWord(word: string, options: readonly Option[]): boolean {
  if (word.startsWith('--'))
    return !word.includes('=') && options.some(({name, value}) => value !== undefined && `--${name}` === word)
  const letters = [...word.slice(1)]
  const first = letters.findIndex(letter => options.some(({char, value}) => char === letter && value !== undefined))
  return first >= 0 && first === letters.length - 1
}

export function splitLine(words: readonly string[], options: readonly Option[]): SplitLine {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') return {options: words.slice(0, i), program: words.slice(i + 1)}
    if (!word.startsWith('-') || word === '-') return {options: words.slice(0, i), program: words.slice(i)}
    if (takesNextWord(word, options)) i++
  }
  return {options: words, program: []}
}

/** How many letters must be added, removed or replaced to turn one word into the other. */
function distance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** The name that was meant, if one begins like this or is a slip away. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  const close = Math.floor(word.length / 3)
  const nearest = names
    .map(name => ({name, away: distance(name, word)}))
    .filter(({away}) => away <= close)
    .sort((a, b) => a.away - b.away)[0]
  return names.find(name => word.length > 1 && name.startsWith(word)) ?? nearest?.name
}

function suggestion(word: string, options: readonly Option[]): string {
  const names = options.map(({name}) => name)
  const near = nearestName(word.replace(/^-+/, '').replace(/=.*/, ''), names)
  return near === undefined ? '--help lists the options' : `did you mean --${near}?`
}

/** parseArgs names an option as '-C, --cwd <value>', '--cwd' or '-C'. */
function explain(error: unknown, options: readonly Option[]): UsageError {
  const message = error instanceof Error ? error.message : String(error)
  const word = /'(?:-., )?([^' ]+)/.exec(message)?.[1] ?? ''
  const option = options.find(({name, char}) => word === `--${name}` || word === `-${char}`)
  if (message.startsWith('Unknown option'))
    return new UsageError(`unknown option ${word}`, {next: suggestion(word, options)})
  if (/does not take an argument/.test(message)) return new UsageError(`${word} takes no value`, {next: word})
  if (option === undefined) return new UsageError(message, {next: '--help lists the options'})
  const {name, value} = option
  if (/argument missing/.test(message)) return new UsageError(`${word} wants a value`, {next: `--${name} ${value}`})
  if (/ambiguous/.test(message))
    return new UsageError(`the value of ${word} begins with "-"`, {next: `join the two with "=": --${name}=-…`})
  return new UsageError(message, {next: '--help lists the options'})
}

function refuseOtherChoices(values: OptionValues, options: readonly Option[]): void {
  for (const {name, choices} of options) {
    const wrong = values[name]?.find(value => choices !== undefined && !choices.includes(value))
    if (wrong !== undefined)
      throw new UsageError(`--${name} does not know "${wrong}"`, {next: `one of ${choices?.join(' ')}`})
  }
}

/** @throws {UsageError} */
export function parseOptions(words: readonly string[], options: readonly Option[]): OptionValues {
  const config: OptionTable = {}
  for (const {name, char, value, negatable} of options) {
    const type = value === undefined ? 'boolean' : 'string'
    config[name] = {type, multiple: true, ...(char !== undefined && {short: char})}
    if (negatable) config[`no-${name}`] = {type, multiple: true}
  }
  let tokens: readonly OptionToken[]
  try {
    tokens = tokenize(words, config)
  } catch (error) {
    throw explain(error, options)
  }
  const values: Record<string, string[]> = {}
  for (const token of tokens) {
    const negated = options.find(option => option.negatable && `no-${option.name}` === token.name)
    const name = negated?.name ?? token.name
    values[name] = [...(values[name] ?? []), negated ? 'no' : (token.value ?? '')]
  }
  refuseOtherChoices(values, options)
  return values
}

type OptionTable = Record<string, {type: 'string' | 'boolean'; multiple: boolean; short?: string}>

interface OptionToken {
  name: string
  value: string | undefined
}

function tokenize(words: readonly string[], options: OptionTable): readonly OptionToken[] {
  const {tokens} = parseArgs({args: [...words], options, strict: true, tokens: true})
  return tokens.flatMap(token => (token.kind === 'option' ? [{name: token.name, value: token.value}] : []))
}
