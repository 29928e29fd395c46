import {existsSync} from 'node:fs'
import type {Advice} from '../../errors.js'
import {shellPath} from '../../plan/shell-words.js'
import type {Missing} from './executable.js'

const names: Readonly<Record<Missing['line'], string>> = {loader: 'loader', script: 'interpreter', shell: 'shell'}

/** "/lib64": the directory of a loader, with the one that its links mostly lead to. */
function bindLoader(loader: string): string {
  const top = `/${loader.split('/')[1]}`
  const directories = [...new Set(['/lib', top])]
  return `--unshare mount ${directories.map(path => `--bind ${shellPath(`${path}:${path}:ro`)}`).join(' ')} (onto directories that are there)`
}

function adviseBelowRoot({interpreter, line}: Missing): Required<Advice> {
  switch (line) {
    case 'loader':
      return {
        why: 'the program is there, but is linked dynamically, and its loader and libraries are looked up below the new root',
        next: existsSync(interpreter)
          ? `a statically linked program, or the libraries too: ${bindLoader(interpreter)}`
          : 'a statically linked program, or copy the loader and the libraries there',
      }
    case 'script':
      return {
        why: `the script is there, but the ${JSON.stringify(interpreter)} of its first line is looked up below the new root`,
        next: `put ${interpreter} there, with its loader and libraries, or correct the #! line`,
      }
    case 'shell':
      return {
        why: 'a file that is in no known binary format and has no #! line is executed by /bin/sh, which is looked up below the new root',
        next: `put ${interpreter} there, with its loader and libraries, or name a program that needs none`,
      }
  }
}

function advise(path: string, {interpreter, line, of}: Missing): Required<Advice> {
  switch (line) {
    case 'loader':
      return {
        why: 'the program is there, but was built for another libc or architecture',
        next: `file ${shellPath(of ?? path)} tells what it was built for`,
      }
    case 'script':
      return {
        why: `the script is there, but its first line names ${JSON.stringify(interpreter)}, which is not`,
        next: `install ${interpreter}, or correct the #! line`,
      }
    case 'shell':
      return {
        why: 'a file that is in no known binary format and has no #! line is executed by /bin/sh',
        next: `install ${interpreter}, or name another interpreter before ${shellPath(path)}`,
      }
  }
}

/**
 * What is said of a program whose loader, interpreter or shell is not there.
 * @param path as the program calls it
 * @param root the new root, where there is one
 */
export function explainInterpreter(
  path: string,
  missing: Missing,
  root: string | undefined,
): Required<Advice> & {message: string} {
  const {interpreter, line, of} = missing
  const what = `${path}: ${of === undefined ? 'its' : `${of}’s`} ${names[line]} ${interpreter}`
  return root === undefined
    ? {message: `${what} is missing`, ...advise(path, missing)}
    : {message: `${what} is not in ${root}`, ...adviseBelowRoot(missing)}
}
