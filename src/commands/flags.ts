import {Flags} from '@oclif/core'
import type {FlagInput} from '@oclif/core/interfaces'
import type {Option} from '../plan/option.js'

function flagOf(option: Option): FlagInput[string] {
  const common = {summary: option.summary, ...(option.char !== undefined && {char: option.char as 'a'})}
  if (option.value === undefined) return Flags.boolean({...common, allowNo: option.negatable ?? false})
  const withValue = {...common, helpValue: option.value, ...(option.choices && {options: option.choices})}
  return option.multiple ? Flags.string({...withValue, multiple: true}) : Flags.string(withValue)
}

/** oclif's flags from the options' data: its help shows what the light parser knows. */
export function flagsOf(options: readonly Option[], helpGroup?: string): FlagInput {
  return Object.fromEntries(
    options.map(option => [option.name, {...flagOf(option), ...(helpGroup !== undefined && {helpGroup})}]),
  )
}
