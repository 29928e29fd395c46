import {constants} from 'node:fs'
import {flagText} from './values.js'

const {O_CREAT, O_NOCTTY, O_TRUNC, O_APPEND, O_DIRECTORY} = constants
const names = {
  [O_CREAT]: 'O_CREAT',
  [O_NOCTTY]: 'O_NOCTTY',
  [O_TRUNC]: 'O_TRUNC',
  [O_APPEND]: 'O_APPEND',
  [O_DIRECTORY]: 'O_DIRECTORY',
  524288: 'O_CLOEXEC',
  2097152: 'O_PATH',
}

/** open(2)'s, by the numbers of this machine. */
export function openFlags(wanted: number): string {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'][wanted & 3] as string
  const rest = flagText(wanted & ~3, names, '')
  return rest === '' ? access : `${access}|${rest}`
}
