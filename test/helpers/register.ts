import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {ended} from './ended.js'

/** What is preloaded. */
export const register = fileURLToPath(new URL('../../dist/register.cjs', import.meta.url))
const programs = fileURLToPath(new URL('../fixtures/register', import.meta.url))

/** Longer than any program takes on a busy machine. */
const patienceMs = 60_000

export interface Run {
  readonly status: number | string | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of test/fixtures/register, or Node with these words, in a group of its own. */
export async function run(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const options = {env: {...process.env, ...env}, cwd: programs, timeout: patienceMs, killSignal: 'SIGKILL'} as const
  const child = spawn(process.execPath, words, {...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true})
  const {code, signal, stdout, stderr} = await ended(child)
  return {status: code ?? signal, stdout, stderr}
}

/** The outcome of every scenario that the program has told, by name; and how it ended. */
export function outcomes({status, stdout}: Run): Readonly<Record<string, unknown>> {
  const told = stdout.split('\n').flatMap(line => (line.startsWith('["') ? [JSON.parse(line)] : []))
  const rest = stdout.split('\n').filter(line => !line.startsWith('["'))
  return {...Object.fromEntries(told), 'what else was written': rest.sort(), 'the end': status}
}

/** What SPAWNCTL_DEBUG counted, all threads and children together: {'clone-vm': 3}. */
export function counts({stderr}: Run): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const [, line] of stderr.matchAll(/^spawnctl\/register: (.* \d+)$/gm))
    for (const part of (line as string).split(', ')) {
      const [, what, count] = /^(.*) (\d+)$/.exec(part) as unknown as [string, string, string]
      sums[what] = (sums[what] ?? 0) + Number(count)
    }
  return sums
}
