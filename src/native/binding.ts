import {existsSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {NativeError} from '../errors.js'

/** The one file that knows ffi-rs. Only numbers and bytes cross, and every signature stands in this table. */
const signatures = {
  spawnctl_spawn: ['bytes', 'u32', 'bytes', 'void'],
  spawnctl_run: ['bytes', 'u32', 'bytes', 'bytes', 'bytes', 'bytes', 'void'],
  spawnctl_socketpairs: ['u32', 'bytes', 'i32'],
  spawnctl_close: ['bytes', 'u32', 'void'],
  spawnctl_spawn_sync: ['bytes', 'u32', 'bytes', 'bytes', 'bytes', 'void'],
  spawnctl_take_output: ['bytes', 'bytes', 'void'],
  spawnctl_set_blocking: ['i32', 'i32'],
  spawnctl_reap: ['i32', 'i32'],
  spawnctl_leave: ['i32', 'i32', 'void'],
  spawnctl_posix_spawn_features: ['i32'],
  spawnctl_probe_close_range: ['i32'],
  spawnctl_probe: ['bytes', 'u32', 'u32', 'u32', 'u32', 'i32', 'i32', 'bytes', 'void'],
  spawnctl_glibc_version: ['bytes', 'u32', 'i32'],
  spawnctl_open_terminal: ['bytes', 'i32'],
  spawnctl_terminal_columns: ['i32', 'i32'],
  spawnctl_has_foreground: ['i32'],
  spawnctl_zygote_channel: ['bytes', 'i32'],
  spawnctl_find_user: ['bytes', 'bytes', 'bytes', 'i32'],
  spawnctl_find_group: ['bytes', 'bytes', 'i32'],
  spawnctl_find_groups: ['bytes', 'u32', 'bytes', 'u32', 'i32'],
  spawnctl_open_exits: ['bytes', 'bytes', 'i32'],
  spawnctl_begin: ['bytes', 'void'],
  spawnctl_watch: ['bytes', 'u32', 'i32', 'i32', 'bytes', 'i32'],
  spawnctl_signal: ['bytes', 'i32', 'i32'],
  spawnctl_let_go: ['bytes', 'void'],
} as const

export type NativeFunction = keyof typeof signatures

/** The part of ffi-rs's compiled addon that is used; its JavaScript wrapper costs start-up time and adds nothing. */
interface Addon {
  DataType: Readonly<Record<'I32' | 'U32' | 'U8Array' | 'Void', number>>
  FFITypeTag: {Array: number}
  open(library: {library: string; path: string}): void
  load(call: object): unknown
}

const libraryName = 'spawnctl'
const RTLD_NOW = 2
const RTLD_NODELETE = 0x1000

const here = dirname(fileURLToPath(import.meta.url))
const architecture = `linux-${process.arch}`

/** Found from dist/native/binding.js and from the bundle dist/start.cjs alike. */
function nativeFile(name: string): string {
  const directories = [join(here, architecture), join(here, 'native', architecture)]
  const found = directories.map(directory => join(directory, name)).find(existsSync)
  if (found !== undefined) return found
  throw new NativeError('E_NATIVE_MISSING', `the native core is not built for ${architecture}`, {
    why: `there is no ${name} beside the program`,
    next: 'npm run build:native (it needs a C compiler)',
  })
}

export function zygoteExecutable(): string {
  return nativeFile('spawnctl-zygote')
}

export function benchExecutable(): string {
  return nativeFile('spawnctl-bench')
}

export function initExecutable(): string {
  return nativeFile('spawnctl-init')
}

function addonRefused(file: string, {code, message}: NodeJS.ErrnoException): NativeError {
  return new NativeError('E_NATIVE_LOAD', `the addon ${file} cannot be loaded`, {
    why: message.replace(/\s+/g, ' '),
    next:
      code === 'ERR_DLOPEN_DISABLED'
        ? 'leave --no-addons out of NODE_OPTIONS, and out of the words of node'
        : 'mount | grep noexec shows whether its file system may run nothing; else npm install again, with this node',
  })
}

/**
 * Loads the addon of ffi-rs's platform package. RTLD_NODELETE: when the only thread that loaded it is a worker and ends,
 * the addon would be unloaded under the feet of the process.
 */
function loadAddon(): Addon {
  const fromHere = createRequire(import.meta.url)
  const fromFfi = createRequire(fromHere.resolve('ffi-rs'))
  for (const libc of ['gnu', 'musl']) {
    const platform = `${architecture}-${libc}`
    let file: string
    try {
      file = fromFfi.resolve(`@yuuang/ffi-rs-${platform}/ffi-rs.${platform}.node`)
    } catch {
      continue
    }
    const module = {exports: {}}
    try {
      process.dlopen(module, file, RTLD_NOW | RTLD_NODELETE)
    } catch (cause) {
      throw addonRefused(file, cause as NodeJS.ErrnoException)
    }
    return module.exports as Addon
  }
  throw new NativeError('E_FFI_MISSING', `ffi-rs has no compiled part for ${architecture} here`, {
    why: 'npm installs it as an optional dependency of ffi-rs, and it may have been left out',
    next: 'npm install --include=optional',
  })
}

let addon: Addon | undefined

function connect(): Addon {
  const path = nativeFile('libspawnctl.so')
  const loaded = loadAddon()
  try {
    loaded.open({library: libraryName, path})
  } catch (cause) {
    const error = new NativeError('E_NATIVE_LOAD', `the native core ${path} cannot be loaded`, {
      why: String(cause),
      next: 'npm run build:native',
    })
    throw error
  }
  return loaded
}

type Parameter = 'bytes' | 'u32' | 'i32'

/**
 * Without a prototype: ffi-rs walks over inherited properties too, and a program may have put some on Object. It reads
 * the length only of arrays that it makes itself.
 */
function ffiType({DataType, FFITypeTag}: Addon, type: Parameter): unknown {
  switch (type) {
    case 'bytes':
      return {__proto__: null, ffiTypeTag: FFITypeTag.Array, type: DataType.U8Array, length: 0}
    case 'u32':
      return DataType.U32
    case 'i32':
      return DataType.I32
  }
}

interface Prototype {
  readonly retType: number
  readonly paramsType: readonly unknown[]
}

const prototypes = new Map<NativeFunction, Prototype>()

function prototypeOf(addon: Addon, name: NativeFunction): Prototype {
  const signature: readonly (Parameter | 'void')[] = signatures[name]
  const made = {
    retType: signature.at(-1) === 'void' ? addon.DataType.Void : addon.DataType.I32,
    paramsType: signature.slice(0, -1).map(type => ffiType(addon, type as Parameter)),
  }
  prototypes.set(name, made)
  return made
}

/** Calls a function of the core. Byte arrays are passed in place: what C writes is seen. */
export function callNative(name: NativeFunction, ...values: (number | Uint8Array)[]): number {
  addon ??= connect()
  const {retType, paramsType} = prototypes.get(name) ?? prototypeOf(addon, name)
  if (paramsType.length !== values.length) throw new Error(`${name} takes ${paramsType.length} arguments`)
  return addon.load({
    library: libraryName,
    funcName: name,
    retType,
    paramsType,
    paramsValue: values,
    freeResultMemory: false,
  }) as number
}
