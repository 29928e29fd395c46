import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {fileURLToPath} from 'node:url'
import {expect} from 'vitest'
import {runSync} from '../../dist/process/sync.js'
import {withSyncSpawn} from '../../dist/process/sync-seam.js'
import {fixture} from './fixture.js'

/** All that a program sees of a call's outcome, in the order in which it sees it. A pid is only told apart from none. */
export interface SyncOutcome {
  readonly threw: boolean
  readonly fields: readonly (readonly [string, unknown])[]
}

const readableBytes = 200

/** Comparing megabytes element by element takes seconds. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable)
  const isText = typeof value === 'string'
  if (!isText && !Buffer.isBuffer(value)) return value
  if (value.length <= readableBytes) return value
  return `${value.length} of ${isText ? 'text' : 'bytes'}, ${createHash('sha256').update(value).digest('hex')}`
}

function visible(name: string, value: unknown): readonly [string, unknown] {
  if (name === 'pid') return [name, (value as number) > 0]
  if (!(value instanceof Error)) return [name, comparable(value)]
  return [name, fieldsOf(value)]
}

function fieldsOf(value: object): readonly (readonly [string, unknown])[] {
  const named = value instanceof Error ? [['name', value.name] as const, ['message', value.message] as const] : []
  const entries = Object.entries(value).filter(([name, held]) => held !== value || name !== 'error')
  return [...named, ...entries.map(([name, held]) => visible(name, held))]
}

function outcome(call: () => unknown): SyncOutcome {
  try {
    const value = call()
    const isRecord = typeof value === 'object' && value !== null && !Buffer.isBuffer(value)
    return {threw: false, fields: isRecord ? fieldsOf(value) : [['', comparable(value)]]}
  } catch (error) {
    return {threw: true, fields: fieldsOf(error as Error)}
  }
}

/** Calls with Node's own engine, and with ours in its place; nothing else differs. */
export function bothOutcomes(call: () => unknown): {node: SyncOutcome; ours: SyncOutcome} {
  const node = outcome(call)
  let calls = 0
  const ours = outcome(() =>
    withSyncSpawn(options => {
      calls++
      return runSync(options).result
    }, call),
  )
  // What Node refuses before it comes to the engine, it refuses here.
  if (!node.threw) expect(calls).toBe(1)
  return {node, ours}
}

const program = fileURLToPath(new URL('../fixtures/sync-under.mjs', import.meta.url))
const ENOSYS = 38

/** Runs a shell script by fork in a process in which these system calls do not exist. */
export function syncUnder(missing: readonly number[], script: string, limits: object): unknown {
  const refusals = missing.map(number => ({number, errno: ENOSYS}))
  const request = {library: fixture('change-caller', 'library'), refusals, script, limits}
  return JSON.parse(spawnSync(process.execPath, [program, JSON.stringify(request)], {encoding: 'utf8'}).stdout)
}
