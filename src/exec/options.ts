import {methods} from '../methods/method.js'
import {environmentOptions, identityOptions} from '../plan/environment.js'
import {housekeepingOptions} from '../plan/housekeeping.js'
import type {Option} from '../plan/option.js'
import {supervisionOptions} from '../plan/supervision.js'

/** What the child shall be: shared by exec and recommend. */
export const planOptions: readonly Option[] = [...identityOptions, ...environmentOptions, ...housekeepingOptions]

/** Every option of `spawnctl exec`. */
export const execOptions: readonly Option[] = [
  {
    name: 'method',
    char: 'm',
    value: 'METHOD',
    choices: [...methods, 'auto'],
    summary: 'how the child comes to exist; auto asks the flowchart',
  },
  ...planOptions,
  ...supervisionOptions,
  {name: 'dry-run', summary: 'print the system calls that would be made, and why, and run nothing'},
  {
    name: 'timeline',
    summary: 'when all is over, draw on standard error what happened when: each step, execve, the end',
  },
  {name: 'timeline-json', summary: 'the same as one line of JSON'},
  {name: 'report', value: 'FILE', summary: 'write what happened as JSON to this file'},
  {name: 'verbose', char: 'v', summary: 'say on standard error what is done, and why'},
  {name: 'json', summary: 'write the report, or the error, as one line of JSON to standard error'},
]
