import {writeSync} from 'node:fs'
import {SpawnctlError} from '../errors.js'
import {refusal} from '../methods/capability.js'
import {isMethod, type Method, methods} from '../methods/method.js'
import {openZygote} from '../methods/spawn.js'
import type {Plan} from '../plan/plan.js'
import {nodeBinding} from './binding.js'
import {defaultMethod} from './default-method.js'
import type {Wishes} from './handle.js'
import {replaceFunctions} from './late.js'
import {installSeam, isLoaded} from './seam.js'
import {runSync, unknownToSync} from './sync.js'

const stderr = 2

function warn(message: string, {why, next}: {why?: string | undefined; next?: string | undefined}): void {
  const detail = [why && `why:  ${why}`, next && `next: ${next}`].filter(Boolean).join('\n')
  process.emitWarning(`spawnctl/register: ${message}`, {type: 'SpawnctlWarning', detail})
}

/** What SPAWNCTL_METHOD asks for; a word that is no method is said and left alone. */
function askedMethod(): Method | undefined {
  const {SPAWNCTL_METHOD: asked} = process.env
  if (asked === undefined || asked === '' || asked === 'auto') return undefined
  if (isMethod(asked)) return asked
  warn(`SPAWNCTL_METHOD=${asked} is no method, the default is used`, {next: `one of ${methods.join(', ')}`})
  return undefined
}

/** Counts what was done, for SPAWNCTL_DEBUG: every spawn that is passed on at once, the sums at the end. */
class Tally {
  private readonly counts = new Map<string, number>()

  constructor(private readonly spoken: boolean) {
    if (spoken) process.once('exit', () => this.sayAll())
  }

  readonly spawned = (method: string): void => this.count(method)

  readonly passedOn = (why: string): void => {
    this.count('passed on to Node')
    if (this.spoken) writeSync(stderr, `spawnctl/register: passed on to Node: ${why}\n`)
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  private sayAll(): void {
    const sums = [...this.counts].map(([what, count]) => `${what} ${count}`).join(', ')
    writeSync(stderr, `spawnctl/register: ${sums || 'nothing was spawned'}\n`)
  }
}

/** A method that cannot carry a plan would make a program fail that runs without us: then the default one does. */
function wishesFor(method: Method | undefined): Wishes {
  if (method === undefined) return {}
  const zygote = method === 'zygote' ? openZygote() : undefined
  return {method: (plan: Plan) => (refusal(plan, method) === undefined ? method : defaultMethod(plan)), zygote}
}

function installSyncSeam(wishes: Wishes, tally: Tally): void {
  const binding = nodeBinding('spawn_sync')
  const before = binding.spawn
  binding.spawn = options => {
    const unknown = unknownToSync(options)
    if (unknown !== undefined) {
      tally.passedOn(unknown)
      return before.call(binding, options)
    }
    const {result, method} = runSync(options, wishes)
    tally.spawned(`${method} (sync)`)
    return result
  }
}

/** Nobody can have come before in a child that was forked, where Node itself has loaded child_process. */
function takeOverLate(wishes: Wishes, tally: Tally): void {
  replaceFunctions(wishes, tally.spawned)
  if (process.channel !== undefined) return
  warn('it came late: what has taken functions of child_process before keeps Node’s', {
    why: 'child_process was loaded before register',
    next: 'put it first: node --import spawnctl/register …, or -r before every other -r',
  })
}

/**
 * Puts the engine under every child_process call of this thread. Where that cannot be, Node's own code stays and a
 * warning says so: a program that ran without us runs.
 */
export function register(): void {
  if (process.env.SPAWNCTL_DISABLE === '1') return
  try {
    const tally = new Tally(Boolean(process.env.SPAWNCTL_DEBUG))
    const wishes = wishesFor(askedMethod())
    if (!isLoaded()) installSeam(wishes, tally)
    else takeOverLate(wishes, tally)
    installSyncSeam(wishes, tally)
  } catch (error) {
    if (!(error instanceof SpawnctlError)) throw error
    warn(`${error.message}; Node’s own is used`, error)
  }
}
