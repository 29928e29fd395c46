import {planOptions} from '../exec/options.js'
import {chart, type QuestionId} from '../flowchart/chart.js'
import type {Answers} from '../flowchart/walk.js'
import type {Option, OptionValues} from '../plan/option.js'

export const answerOptions: readonly Option[] = (Object.keys(chart.questions) as QuestionId[]).map(name => ({
  name,
  negatable: true,
  summary: chart.questions[name].ask,
}))

export const jsonOption: Option = {
  name: 'json',
  summary: 'print {method, path, why, hazards, command} as JSON; asks nothing, runs nothing',
}

export const pidOption: Option = {
  name: 'pid',
  value: 'N',
  summary:
    'look at the process that is to spawn: its threads, and what fork would copy of it, answer what the flags leave open',
}

/** Every option of `spawnctl recommend`. */
export const recommendOptions: readonly Option[] = [...answerOptions, pidOption, jsonOption, ...planOptions]

export function givenAnswers(values: OptionValues): Answers {
  const entries = answerOptions.flatMap(({name}) => {
    const value = values[name]?.at(-1)
    return value === undefined ? [] : [[name, value === 'no' ? 'no' : 'yes']]
  })
  return Object.fromEntries(entries) as Answers
}

/** The options of the plan as words again, for the command that is shown and run. */
export function planWords(values: OptionValues): readonly string[] {
  return planOptions.flatMap(({name, value}) =>
    (values[name] ?? []).flatMap(given => {
      if (value === undefined) return [`--${name}`]
      return given.startsWith('-') ? [`--${name}=${given}`] : [`--${name}`, given]
    }),
  )
}
