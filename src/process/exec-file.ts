import type * as child_process from 'node:child_process'
import {promisify} from 'node:util'
import type {Child} from './child.js'
import {type Callback, collect, type Limits, type Text} from './collect.js'
import {type Normalised, normalise} from './normalise.js'
import {type SpawnctlOptions, start, wishesOf} from './spawn.js'

export type ExecFileOptions = child_process.ExecFileOptions & SpawnctlOptions & {encoding?: string | null | undefined}
export type ExecOptions = child_process.ExecOptions & SpawnctlOptions & {encoding?: string | null | undefined}

const defaults = {encoding: 'utf8', timeout: 0, maxBuffer: 1024 * 1024, killSignal: 'SIGTERM'} as const

function invalid(what: string): Error {
  return Object.assign(new TypeError(`The "${what}" argument must be of type function`), {code: 'ERR_INVALID_ARG_TYPE'})
}

type Rest<Options> = [
  args?: readonly string[] | Options | Callback | null,
  options?: Options | Callback | null,
  callback?: Callback | null,
]

/** Arguments, options and callback may each be left out. */
function sort<Options extends object>(rest: Rest<Options>): [readonly string[], Options, Callback | undefined] {
  const [first, ...others] = rest
  const args = Array.isArray(first) ? first : []
  const left = Array.isArray(first) || first == null ? others : [first, ...others]
  const options = typeof left[0] === 'function' ? undefined : left[0]
  const callback = typeof left[0] === 'function' ? left[0] : left[1]
  if (callback != null && typeof callback !== 'function') throw invalid('callback')
  return [args, (options ?? {}) as Options, (callback ?? undefined) as Callback | undefined]
}

/** How a child is started once Node has read its options. */
type Begin = (read: Normalised, given: SpawnctlOptions) => Child

/** As Node's own: only some options go on to the spawn, and the limits are kept here. */
function passedOn(options: ExecFileOptions & {argv0?: string}): child_process.SpawnOptions {
  const {cwd, env, gid, uid, shell, argv0, windowsHide, windowsVerbatimArguments} = options
  const {maxBuffer, killSignal, timeout} = options as {maxBuffer?: number; killSignal?: number; timeout?: number}
  const windows = {
    windowsHide: Boolean(windowsHide),
    windowsVerbatimArguments: Boolean(windowsVerbatimArguments),
  }
  return {cwd, env, gid, uid, shell, argv0, maxBuffer, killSignal, timeout, ...windows} as child_process.SpawnOptions
}

function run(begin: Begin, file: string, args: readonly string[], given: ExecFileOptions, callback?: Callback): Child {
  const options = {...defaults, ...given}
  const read = normalise(file, args, passedOn(options))
  const child = begin({...read, timeout: 0, ...(options.signal && {signal: options.signal})}, given)
  collect(child, [file, ...args].join(' '), options as Limits, callback)
  return child
}

export interface Output<T> {
  stdout: T
  stderr: T
}

export type PromiseWithChild<T> = Promise<T> & {readonly child: Child}

/** What util.promisify makes of exec and execFile: both outputs, on the error too. */
function promising(begin: (callback: Callback) => Child): PromiseWithChild<Output<Text>> {
  let child: Child | undefined
  const promise = new Promise<Output<Text>>((resolve, reject) => {
    child = begin((error, stdout, stderr) => {
      if (error === null) resolve({stdout, stderr})
      else reject(Object.assign(error, {stdout, stderr}))
    })
  })
  return Object.assign(promise, {child: child as Child})
}

type TextCallback = (error: child_process.ExecFileException | null, stdout: string, stderr: string) => void
type BufferCallback = (error: child_process.ExecFileException | null, stdout: Buffer, stderr: Buffer) => void
type InBytes = {encoding: 'buffer' | null}

interface ExecFile {
  (file: string, callback?: TextCallback): Child
  (file: string, args: readonly string[] | null | undefined, callback?: TextCallback): Child
  (file: string, options: ExecFileOptions & InBytes, callback?: BufferCallback): Child
  (
    file: string,
    args: readonly string[] | null | undefined,
    options: ExecFileOptions & InBytes,
    callback?: BufferCallback,
  ): Child
  (file: string, options: ExecFileOptions | null | undefined, callback?: TextCallback): Child
  (
    file: string,
    args: readonly string[] | null | undefined,
    options: ExecFileOptions | null | undefined,
    callback?: TextCallback,
  ): Child
  __promisify__(
    file: string,
    args: readonly string[] | undefined,
    options: ExecFileOptions & InBytes,
  ): PromiseWithChild<Output<Buffer>>
  __promisify__(file: string, args?: readonly string[], options?: ExecFileOptions): PromiseWithChild<Output<string>>
}

interface Exec {
  (command: string, callback?: TextCallback): Child
  (command: string, options: ExecOptions & InBytes, callback?: BufferCallback): Child
  (command: string, options: ExecOptions | null | undefined, callback?: TextCallback): Child
  __promisify__(command: string, options: ExecOptions & InBytes): PromiseWithChild<Output<Buffer>>
  __promisify__(command: string, options?: ExecOptions): PromiseWithChild<Output<string>>
}

export function execFileBy(begin: Begin) {
  const execFile = (file: string, ...rest: Rest<ExecFileOptions>) => {
    const [args, options, callback] = sort(rest)
    return run(begin, file, args, options, callback)
  }
  return Object.defineProperty(execFile, promisify.custom, {
    value: (file: string, ...rest: Rest<ExecFileOptions>) =>
      promising(callback => execFile(file, ...(rest as [string[]]), callback as never)),
  })
}

function inShell(options: ExecOptions): ExecFileOptions {
  return {...options, shell: typeof options.shell === 'string' ? options.shell : true} as ExecFileOptions
}

export function execBy(begin: Begin) {
  const exec = (command: string, ...rest: [options?: ExecOptions | Callback | null, callback?: Callback]) => {
    const [, options, callback] = sort([null, ...rest] as Rest<ExecOptions>)
    return run(begin, command, [], inShell(options), callback)
  }
  return Object.defineProperty(exec, promisify.custom, {
    value: (command: string, options?: ExecOptions) => promising(callback => exec(command, options, callback)),
  })
}

const begin: Begin = (read, given) => start(read, wishesOf(given), true)

/** node:child_process's execFile, by the engine. @throws as spawn */
export const execFile = execFileBy(begin) as unknown as ExecFile

/** node:child_process's exec, by the engine: a command for a shell. @throws as spawn */
export const exec = execBy(begin) as unknown as Exec
