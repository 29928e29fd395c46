import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {type Files, filesBelow} from '../../src/bench/machine/files.js'

/** Looks at a made-up machine: the texts of its files by their paths. */
export function onMachine<T>(texts: Readonly<Record<string, string>>, look: (files: Files) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'spawnctl-machine-'))
  try {
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(root, path)), {recursive: true})
      writeFileSync(join(root, path), `${text}\n`)
    }
    return look(filesBelow(root))
  } finally {
    rmSync(root, {recursive: true})
  }
}

/** As /proc/meminfo has it, from bytes. */
export function meminfo(fields: Readonly<Record<string, number>>): string {
  return Object.entries(fields)
    .map(([name, bytes]) => `${`${name}:`.padEnd(16)}${bytes / 1024} kB`)
    .join('\n')
}
