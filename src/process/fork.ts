import type {ForkOptions} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import type {Child} from './child.js'
import {type Normalised, normalise} from './normalise.js'

/** Three descriptors and the channel, as node:child_process's fork has them. */
function withChannel({stdio, silent}: ForkOptions): ForkOptions['stdio'] {
  if (Array.isArray(stdio)) return stdio
  const word = stdio ?? (silent ? 'pipe' : 'inherit')
  return word === 'inherit' ? [0, 1, 2, 'ipc'] : [word, word, word, 'ipc']
}

/** Without `-e script`, which would run again and again. */
function inheritedFlags(): readonly string[] {
  const script = (process as unknown as {_eval?: string})._eval
  const at = script === undefined ? -1 : process.execArgv.lastIndexOf(script)
  return at > 0 ? process.execArgv.filter((_, i) => i !== at - 1 && i !== at) : process.execArgv
}

/** node:child_process's fork, with another way to start what Node has read. */
export function forkBy(begin: (read: Normalised) => Child) {
  return (modulePath: string | URL, args: readonly string[], options: ForkOptions): Child => {
    const execPath = options.execPath || process.execPath
    const path = modulePath instanceof URL ? fileURLToPath(modulePath) : modulePath
    const words = [...(options.execArgv ?? inheritedFlags()), path, ...args]
    return begin(normalise(execPath, words, {...options, shell: false, stdio: withChannel(options)}))
  }
}
