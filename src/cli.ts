import {rememberStdio} from './exec/stdio.js'

/** Everything but a plain exec: help, version, the other commands. */
export async function main(words: readonly string[]): Promise<void> {
  rememberStdio()
  const {execute} = await import('@oclif/core')
  await execute({args: [...words], dir: import.meta.url})
}
