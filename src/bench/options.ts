import {methods} from '../methods/method.js'
import type {Option} from '../plan/option.js'

/** What --methods knows beyond the methods: the rows that are measured inside a Node process. */
export const nodeRows = {node: 'node:child_process', library: 'spawnctl library'} as const

export const benchOptions: readonly Option[] = [
  {
    name: 'methods',
    value: 'LIST',
    summary: `what to measure, separated by commas: ${[...methods, ...Object.keys(nodeRows)].join(', ')}; all of them without it`,
  },
  {name: 'iterations', char: 'n', value: 'N', summary: 'how often each is measured (10000; a sweep: 200)'},
  {name: 'warmup', value: 'N', summary: 'iterations of each that come first and do not count (10)'},
  {name: 'program', value: 'CMD', summary: 'what is spawned, with its arguments (/bin/echo); no shell is involved'},
  {
    name: 'memory',
    value: 'LIST',
    summary: 'touched memory of the spawning process: sizes as 0,64M,4G, or "sweep" for the article’s graphs (0)',
  },
  {name: 'mapped', value: 'LIST', summary: 'memory that is mapped and never touched (0)'},
  {name: 'mappings', value: 'LIST', summary: 'further mappings that cannot be merged (0)'},
  {name: 'threads', value: 'LIST', summary: 'further threads, asleep (0)'},
  {
    name: 'thp',
    value: 'MODE',
    choices: ['never', 'always', 'both'],
    summary: 'whether huge pages back the touched memory (never)',
  },
  {name: 'environment', value: 'SIZE', summary: 'size of the child’s environment (0)'},
  {name: 'peers', value: 'LIST', summary: 'other languages’ own ways beside them: rust, python3, go, perl …'},
  {name: 'seed', value: 'S', summary: 'of the order in which things are measured, to repeat it'},
  {name: 'quick', summary: 'a first answer in seconds: 300 iterations'},
  {name: 'json', summary: 'print the result as JSON instead of the table'},
  {name: 'parity', summary: 'print the article’s own lines instead of the table'},
  {name: 'export-json', value: 'FILE', summary: 'write everything, with the raw samples'},
  {name: 'export-csv', value: 'FILE', summary: 'write the figures, one row a line'},
  {name: 'export-markdown', value: 'FILE', summary: 'write the table'},
  {name: 'export-html', value: 'FILE', summary: 'write a page with table, charts, environment and raw data'},
]
