import {execute} from '@oclif/core'

/** Everything but a plain exec: help, version, the other commands. */
export async function main(words: readonly string[]): Promise<void> {
  await execute({args: [...words], dir: import.meta.url})
}
