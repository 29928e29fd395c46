import {type Examination, essentialsMissing} from './examine.js'

/** The documented object (docs/doctor.md). */
export function examinationAsJson(examination: Examination): object {
  const {machine, findings} = examination
  return {
    well: essentialsMissing(examination).length === 0,
    machine,
    findings: findings.map(({outcome, consequence, advice, ...found}) => ({
      ...found,
      ...outcome,
      ...(consequence && {methods: consequence.methods, options: consequence.options, consequence: consequence.text}),
      ...(advice !== undefined && {advice}),
    })),
  }
}
