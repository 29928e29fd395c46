import {createRequire} from 'node:module'

let loaded: typeof import('node:child_process') | undefined

/** Node's module. Not imported: it takes its process handle when it is loaded, and register comes to put ours there. */
export function childProcess(): typeof import('node:child_process') {
  loaded ??= createRequire(import.meta.url)('node:child_process') as typeof import('node:child_process')
  return loaded
}
