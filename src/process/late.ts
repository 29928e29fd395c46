import type {ForkOptions, SpawnOptions} from 'node:child_process'
import {syncBuiltinESMExports} from 'node:module'
import type {Child} from './child.js'
import {childProcess} from './child-process.js'
import {execBy, execFileBy} from './exec-file.js'
import {forkBy} from './fork.js'
import type {Wishes} from './handle.js'
import {type Normalised, normalise} from './normalise.js'
import {split, start} from './spawn.js'

type Fork = [modulePath: string | URL, args?: readonly string[] | ForkOptions | null, options?: ForkOptions]

/** What Node's fork would refuse is left to it, for its errors. */
function isPlainFork([modulePath, args, options]: Fork): boolean {
  const stdio = options?.stdio ?? (Array.isArray(args) ? undefined : (args as ForkOptions | null | undefined)?.stdio)
  if (Array.isArray(stdio) && !stdio.includes('ipc')) return false
  const isPath = typeof modulePath === 'string' || modulePath instanceof URL
  return isPath && (args == null || typeof args === 'object') && (options == null || typeof options === 'object')
}

/**
 * Puts the engine under the functions of child_process instead of under its handle: for a process where Node has loaded
 * it before anybody could come, as it does for the channel of a child that was forked.
 */
export function replaceFunctions(wishes: Wishes, spawned: (method: string) => void): void {
  const node = childProcess() as unknown as Record<string, unknown>
  const {fork: nodeFork} = childProcess()
  const begin = (read: Normalised): Child => {
    const child = start(read, wishes, false)
    if (child.method !== undefined) spawned(child.method)
    return child
  }
  const beginFork = forkBy(begin)
  node.spawn = (file: string, ...rest: [args?: readonly string[] | SpawnOptions | null, options?: SpawnOptions]) =>
    begin(normalise(file, ...split(rest)))
  node.execFile = execFileBy(begin)
  node.exec = execBy(begin)
  node.fork = (...call: Fork) =>
    isPlainFork(call) ? beginFork(call[0], ...split(call.slice(1) as [])) : nodeFork(...(call as [string]))
  syncBuiltinESMExports()
}
