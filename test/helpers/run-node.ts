import {spawn} from 'node:child_process'
import {ended} from './ended.js'

/** What a Node of its own prints. */
export async function runNode(args: readonly string[]) {
  const {code: status, stdout, stderr} = await ended(spawn(process.execPath, args))
  return {status, stdout, stderr}
}
