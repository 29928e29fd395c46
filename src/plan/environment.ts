import {UsageError} from '../errors.js'
import {isOn, lastValue, type Option, type OptionValues} from './option.js'
import {shellWords} from './shell-words.js'
import {readableText, type Text, textBytes} from './text.js'

export const environmentOptions: readonly Option[] = [
  {name: 'env', char: 'e', value: 'K=V', multiple: true, summary: 'set an environment variable'},
  {name: 'unset-env', char: 'u', value: 'K', multiple: true, summary: 'remove an environment variable'},
  {name: 'clear-env', char: 'i', summary: 'start from an empty environment; --env still sets'},
]

export const identityOptions: readonly Option[] = [
  {name: 'argv0', char: 'a', value: 'NAME', summary: 'the name that the program sees as its own (argv[0])'},
]

/** Stands for what the caller has at the moment of the spawn; the core copies it, without a way through JavaScript. */
export const callersEnvironment: readonly Text[] = Object.freeze([])

/** All entries, those of the caller too. */
export function entriesOf(env: readonly Text[]): readonly Text[] {
  if (env !== callersEnvironment) return env
  return Object.entries(process.env).map(([name, value]) => `${name}=${value}`)
}

const equalsSign = 0x3d

/** The name of one K=V entry, byte for byte, as a string that compares. */
function entryName(entry: Text): string {
  const bytes = textBytes(entry)
  const end = bytes.indexOf(equalsSign, 1)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1')
}

function optionName(name: string, option: string): string {
  if (name === '' || (option === 'unset-env' && name.includes('=')))
    throw new UsageError(`--${option} wants a variable's name, not "${name}"`, {
      why: name === '' ? 'it is empty, as a variable of the shell that is not set' : 'a name ends at the first "="',
      next: `--${option} ${shellWords([name.split('=').find(Boolean) ?? 'NAME'])}`,
    })
  return Buffer.from(name).toString('latin1')
}

/** An entry without a name, or without a value. */
function refuseEntry(entry: string): never {
  const hasName = !entry.startsWith('=')
  const name = entry || 'NAME'
  throw new UsageError(`--env wants K=V, not "${entry}"`, {
    why: hasName ? 'there is no "=" after the name' : 'there is no name before the "="',
    next: hasName
      ? `--env ${shellWords([`${name}=value`])}, or --unset-env ${shellWords([name])} to remove it`
      : `--env ${shellWords([`NAME${entry}`])}`,
  })
}

/**
 * The child's environment: the caller's, less --unset-env (or nothing at all with --clear-env), then --env on top.
 * @param inherited the caller's entries "K=V", byte for byte
 */
export function readEnvironment(values: OptionValues, inherited: readonly Text[]): readonly Text[] {
  const set = new Map<string, string>()
  for (const entry of values.env ?? []) {
    const equals = entry.indexOf('=')
    if (equals <= 0) refuseEntry(entry)
    set.set(optionName(entry.slice(0, equals), 'env'), entry)
  }
  const removed = new Set((values['unset-env'] ?? []).map(name => optionName(name, 'unset-env')))
  const kept = isOn(values, 'clear-env')
    ? []
    : inherited.filter(entry => {
        const name = entryName(entry)
        return !removed.has(name) && !set.has(name)
      })
  return [...kept, ...set.values()]
}

/** The value of a variable in a list of entries, byte for byte. */
export function variableBytes(env: readonly Text[], name: string): Uint8Array | undefined {
  if (env === callersEnvironment) return process.env[name] === undefined ? undefined : textBytes(process.env[name])
  const start = `${name}=`
  const entry = env.find(candidate =>
    typeof candidate === 'string' ? candidate.startsWith(start) : entryName(candidate) === name,
  )
  return entry === undefined ? undefined : textBytes(entry).subarray(name.length + 1)
}

/** The same as text, for people. */
export function variable(env: readonly Text[], name: string): string | undefined {
  const value = variableBytes(env, name)
  return value === undefined ? undefined : readableText(value)
}

export function readArgv0(values: OptionValues): string | undefined {
  return lastValue(values, 'argv0')
}
