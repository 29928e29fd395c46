import {PR_SET_PDEATHSIG, type ScriptCall} from '../plan/script.js'

/** The processes of a script, each made by the one before it; the program's is the last that there is. */
export const children = ['child', 'second child', 'third child', 'fourth child'] as const

export type ChildName = (typeof children)[number]

/** Who makes each call of a script, and who executes the program: the call that begins a process is its maker's. */
export function makersOf(calls: readonly ScriptCall[]): {makers: readonly ChildName[]; program: ChildName} {
  let depth = 0
  const makers = calls.map(({nr}) => children[nr < 0 ? depth++ : depth] as ChildName)
  return {makers, program: children[depth] as ChildName}
}

/** Whether a call only ties a process to the one that made it, for the sake of a step that makes another. */
export function followsMaker({name, args, step, expectCaller}: ScriptCall): boolean {
  return step.kind !== 'pdeathsig' && (expectCaller || (name === 'prctl' && args[0] === PR_SET_PDEATHSIG))
}
