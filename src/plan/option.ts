import {type Advice, UsageError} from '../errors.js'

/** A command-line option as data. The light parser, oclif's flags and the docs are all made from it. */
export interface Option {
  readonly name: string
  readonly char?: string
  /** What stands for the value in help, "DIR"; an option without it is a switch. */
  readonly value?: string
  readonly multiple?: boolean
  /** A switch that also has --no-NAME. */
  readonly negatable?: boolean
  readonly choices?: readonly string[]
  readonly summary: string
}

/** Values by option name, in the order given; a switch has [''], and ['no'] when negated. */
export type OptionValues = Readonly<Record<string, readonly string[]>>

/** The value that counts when an option was given more than once: the last. */
export function lastValue(values: OptionValues, name: string): string | undefined {
  return values[name]?.at(-1)
}

export function isOn(values: OptionValues, name: string): boolean {
  return lastValue(values, name) === ''
}

/** A whole number from 0 to `most`, for uids, descriptors and the like; the advice is for what is none. */
export function wholeNumber(text: string, option: string, most: number, advice: Advice): number {
  if (/^\d+$/.test(text) && Number(text) <= most) return Number(text)
  throw new UsageError(`--${option} wants a whole number from 0 to ${most}, not "${text}"`, advice)
}

/**
 * @param example a value that would do
 * @throws {UsageError}
 */
export function refuseEmpty(text: string | undefined, option: string, what: string, example: string): void {
  if (text !== '') return
  throw new UsageError(`--${option} wants ${what}, not an empty string`, {
    why: 'a variable of the shell that is not set leaves one behind',
    next: `--${option} ${example}`,
  })
}
