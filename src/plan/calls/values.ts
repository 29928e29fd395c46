import {lastSignal, signalName} from '../signals.js'
import {readableText} from '../text.js'

/** An argument of a call as far as it is known before the call is made. */
export type Value =
  | {readonly number: bigint}
  | {readonly bytes: Uint8Array}
  /** The result of an earlier call, "$1", or where that is kept, "&$1". */
  | {readonly result: string}

/** How one argument reads; the others of its call may matter. */
export type Format = (value: Value, all: readonly Value[]) => string

type Names = Readonly<Record<number, string>>

export function number(value: Value | undefined): number {
  return value !== undefined && 'number' in value ? Number(BigInt.asIntN(64, value.number)) : Number.NaN
}

/** Little-endian words of a struct. */
export function words(value: Value, bits: 32 | 64): readonly bigint[] {
  if (!('bytes' in value)) return []
  const {buffer, byteOffset, length} = value.bytes
  const view = new DataView(buffer, byteOffset, length)
  return Array.from({length: Math.floor((length * 8) / bits)}, (_, i) =>
    bits === 32 ? BigInt(view.getUint32(i * 4, true)) : view.getBigUint64(i * 8, true),
  )
}

/** The structs have zeros in them, and no text that the kernel takes has. */
const isText = (bytes: Uint8Array) => !bytes.includes(0)

/** What a call without a format of its own is read by, and every argument beyond its format. */
export const plain: Format = value => {
  if ('result' in value) return value.result
  if ('bytes' in value) return isText(value.bytes) ? JSON.stringify(readableText(value.bytes)) : '{…}'
  return String(BigInt.asIntN(64, value.number))
}

/** strace has three digits of a mode at least. */
export const octal: Format = value => `0${number(value).toString(8).padStart(2, '0')}`
const firstRealTime = 32
const signalText = (signal: number) =>
  signal < firstRealTime
    ? signalName(signal)
    : signal === firstRealTime
      ? 'SIGRTMIN'
      : `SIGRT_${signal - firstRealTime}`
export const signal: Format = value => signalText(number(value))

/** Of more than two thirds it is shorter to say what is not among them. */
export const signalSet: Format = value => {
  const bits = words(value, 64)[0] ?? 0n
  const all = Array.from({length: lastSignal}, (_, i) => i + 1)
  const isIn = (signal: number) => ((bits >> BigInt(signal - 1)) & 1n) === 1n
  const isMost = all.filter(isIn).length >= Math.floor((lastSignal * 2) / 3)
  const named = all.filter(signal => isIn(signal) !== isMost).map(signal => signalText(signal).replace('SIG', ''))
  return `${isMost ? '~' : ''}[${named.join(' ')}]`
}

export const pointer: Format = value => (number(value) === 0 ? 'NULL' : plain(value, []))

export function named(names: Names): Format {
  return (value, all) => names[number(value)] ?? plain(value, all)
}

/** The names of the bits that are set, and what is left of them as a number. */
export function flagText(given: number, names: Names, zero = '0'): string {
  let rest = given
  const found = Object.entries(names).filter(([bit]) => {
    const isSet = (rest & Number(bit)) === Number(bit)
    if (isSet) rest &= ~Number(bit)
    return isSet
  })
  const texts = [...found.map(([, name]) => name), ...(rest === 0 ? [] : [`0x${(rest >>> 0).toString(16)}`])]
  return texts.join('|') || zero
}

export function flags(names: Names, zero = '0'): Format {
  return value => ('result' in value ? value.result : flagText(number(value), names, zero))
}

export const directory = named({'-100': 'AT_FDCWD'})
