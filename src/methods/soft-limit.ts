import {readText} from './read-text.js'

/**
 * A soft limit of this process, as /proc/self/limits names it: "Max open files". Undefined where there is none.
 * @param read another one only in tests
 */
export function softLimit(name: string, read: (path: string) => string | undefined = readText): number | undefined {
  const text = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(read('/proc/self/limits') ?? '')?.[1]
  return text === undefined ? undefined : Number(text)
}
