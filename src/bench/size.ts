import {UsageError} from '../errors.js'

const units: Readonly<Record<string, number>> = {'': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40}

/** Bytes of "64M", "1.5G", "4096": binary units. */
export function readBytes(text: string, option: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text.trim()) ?? []
  const bytes = Number(digits) * (units[unit.toUpperCase()] as number)
  if (digits !== undefined && Number.isSafeInteger(bytes)) return bytes
  throw new UsageError(`--${option} wants sizes as 0, 64M or 1.5G, not "${text}"`, {next: `--${option} 64M`})
}

/** "1.5 GiB"; whole numbers where they are whole. */
export function showBytes(bytes: number): string {
  const names = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes === 0 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  const figure = bytes / 2 ** (10 * power)
  return bytes === 0 ? '0' : `${Number.isInteger(figure) ? figure : figure.toFixed(1)} ${names[power]}`
}
