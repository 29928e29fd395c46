import {constants} from 'node:fs'
import {flagText} from './values.js'

const {O_CREAT, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK, O_DIRECTORY} = constants
const names = {
  [O_CREAT]: 'O_CREAT',
  [O_NOCTTY]: 'O_NOCTTY',
  [O_TRUNC]: 'O_TRUNC',
  [O_APPEND]: 'O_APPEND',
  [O_NONBLOCK]: 'O_NONBLOCK',
  524288: 'O_CLOEXEC',
  2097152: 'O_PATH',
}

/** open(2)'s, by the numbers of this machine; strace puts the directory's last. */
export function openFlags(wanted: number): string {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'][wanted & 3] as string
  const rest = flagText(wanted & ~3 & ~O_DIRECTORY, names, '')
  return [access, rest, wanted & O_DIRECTORY ? 'O_DIRECTORY' : ''].filter(Boolean).join('|')
}
