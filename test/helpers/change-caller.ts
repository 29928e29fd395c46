import {closeSync, openSync, readdirSync, readFileSync} from 'node:fs'
import {DataType, load, open} from 'ffi-rs'
import {fixture} from './fixture.js'

const library = 'change-caller'
let opened = false

function call(name: string, ...values: number[]): number {
  if (!opened) open({library, path: fixture(library, 'library')})
  opened = true
  const paramsType = values.map(() => DataType.I32)
  const result = load({library, funcName: name, retType: DataType.I32, paramsType, paramsValue: values})
  if (result < 0) throw new Error(`${name}(${values}) failed with errno ${-result}`)
  return result
}

/** The functions of test/fixtures/change-caller.c: what JavaScript cannot do to its own process. */
export const caller = {
  dumpable: () => call('get_dumpable'),
  setDumpable: (dumpable: number) => call('set_dumpable', dumpable),
  blockSignal: (signal: number) => call('block_signal', signal),
  unblockSignal: (signal: number) => call('unblock_signal', signal),
  ignoreSignal: (signal: number) => call('ignore_signal', signal),
}

const RLIMIT_NOFILE = 7

/** Runs something while exactly so many descriptors are free. */
export function withFreeDescriptors<T>(free: number, run: () => T): T {
  const limit = 256
  const before = call('set_limit', 0, RLIMIT_NOFILE, limit)
  const held: number[] = []
  try {
    for (;;)
      try {
        held.push(openSync('/dev/null', 'r'))
      } catch {
        break
      }
    for (const fd of held.splice(0, free)) closeSync(fd)
    return run()
  } finally {
    for (const fd of held) closeSync(fd)
    call('set_limit', 0, RLIMIT_NOFILE, before)
  }
}

export function openDescriptors(): readonly string[] {
  return readdirSync('/proc/self/fd').sort()
}

export function mappings(): readonly string[] {
  return readFileSync('/proc/self/maps', 'utf8').split('\n')
}

/** This process's children: "name", or "name Z" of a zombie; whether others run or sleep, changes by itself. */
export function children(): readonly string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const [, name, state, parent] = /\((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
        return Number(parent) === process.pid ? [state === 'Z' ? `${name} Z` : `${name}`] : []
      } catch {
        return [] // it has ended meanwhile
      }
    })
}

/** A field of /proc/…/status of the calling thread: "SigBlk", "Umask". */
export function threadStatus(field: string): string | undefined {
  return new RegExp(`^${field}:\\t(.*?) *$`, 'm').exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1]
}
