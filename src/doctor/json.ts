import {type Examination, essentialsMissing} from './examine.js'
import type {Outcome} from './outcome.js'

/** What the outcome says to do has become the advice. */
function seen(outcome: Outcome): object {
  const {next: _, ...rest} = {next: undefined, ...outcome}
  return rest
}

/** The documented object (docs/doctor.md). */
export function examinationAsJson(examination: Examination): object {
  const {machine, findings} = examination
  return {
    well: essentialsMissing(examination).length === 0,
    machine,
    findings: findings.map(({outcome, consequence, advice, ...found}) => ({
      ...found,
      ...seen(outcome),
      ...(consequence && {methods: consequence.methods, options: consequence.options, consequence: consequence.text}),
      ...(advice !== undefined && {advice}),
    })),
  }
}
