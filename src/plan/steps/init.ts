import {PlanError} from '../../errors.js'
import {isOn} from '../option.js'
import type {StepKind} from '../step.js'
import {hasOwn} from './unshare.js'

export const init: StepKind<'init'> = {
  kind: 'init',
  summary:
    'A first process for the new pid namespace, which passes signals on and reaps; the steps that follow are those of its child. Without it the program itself is process 1, whom signals that it does not catch do not reach.',
  options: [
    {
      name: 'init',
      summary: 'in a new pid namespace: a small first process that passes signals on to the program and reaps orphans',
    },
  ],
  read: values => (isOn(values, 'init') ? {kind: 'init'} : undefined),
  check(_, steps) {
    if (hasOwn('pid', steps)) return
    throw new PlanError('E_STEPS', 'an init is for a new pid namespace, and there is none', {
      next: '--unshare pid --init',
    })
  },
  lower: (_, script) => script.beginSecondProcess(),
  mostSent: () => 1,
  posixSpawnRefuses: () => 'it has no attribute for namespaces',
  describe: () => 'an init in the pid namespace',
}
