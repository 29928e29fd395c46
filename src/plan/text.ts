import {PlanError} from '../errors.js'

/** What the kernel calls a string: bytes without NUL. A JavaScript string stands for its UTF-8. */
export type Text = string | Uint8Array

export function textBytes(text: Text): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text) : text
}

export function readableText(text: Text): string {
  return typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString()
}

/** @throws {PlanError} E_NUL: the kernel would silently cut the string at the NUL. */
export function refuseNul(text: Text, what: string | (() => string)): void {
  const position = typeof text === 'string' ? text.indexOf('\0') : text.indexOf(0)
  if (position < 0) return
  throw new PlanError(
    'E_NUL',
    `${typeof what === 'string' ? what : what()} contains a NUL byte at position ${position}`,
    {
      why: 'strings end at the first NUL for the kernel, so the rest would be lost',
      next: 'remove the NUL, or pass the data through a file or a pipe',
    },
  )
}
