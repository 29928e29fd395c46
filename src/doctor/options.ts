import type {Option} from '../plan/option.js'

/** Every option of `spawnctl doctor`. */
export const doctorOptions: readonly Option[] = [
  {name: 'verbose', char: 'v', summary: 'say what was seen, of what works too'},
  {name: 'json', summary: 'print the examination as JSON'},
]
