import {constants} from 'node:os'
import {spawnPlan} from '../methods/spawn.js'
import {Zygote as OpenZygote, startZygote} from '../methods/zygote.js'
import {letGo, signalChild, watchChild} from '../native/children.js'
import type {Child} from './child.js'
import {type Exit, exitOf, exitPipe} from './exits.js'
import {type Arguments, type SpawnOptions, spawn, split} from './spawn.js'

const {SIGCONT} = constants.signals

/**
 * A small process that forks on request: to be opened early, while this process is as its children shall find it.
 * Does not keep the event loop alive, unless it is closing.
 */
export class Zygote extends OpenZygote {
  /** Settles when it has ended, closed or not; never rejects. */
  readonly exit: Promise<Exit>

  /** @throws {SpawnError} when it cannot be started */
  constructor() {
    const exits = exitPipe()
    const started = startZygote(spawnPlan)
    let state: 'open' | 'closing' | 'ended' = 'open'
    super(started, () => {
      if (state === 'ended') return
      exits.hold()
      state = 'closing'
      signalChild(child, SIGCONT) // one that is stopped sees no end-of-file
    })
    let ended: (exit: Exit) => void
    this.exit = new Promise(resolve => {
      ended = resolve
    })
    const id = exits.expect(record => {
      letGo(child)
      if (state === 'closing') exits.release()
      state = 'ended'
      ended(exitOf(record))
    })
    const child = watchChild(exits.name, id, started.pid, started.pidfd)
  }

  /**
   * As the library's spawn, through this zygote.
   * @throws {SpawnError} with stage "zygote" when it is gone
   */
  spawn(command: string, args?: readonly string[] | null, options?: SpawnOptions): Child
  spawn(command: string, options?: SpawnOptions): Child
  spawn(command: string, ...rest: Arguments<SpawnOptions>): Child {
    const [args, options] = split(rest)
    return spawn(command, args, {...options, method: 'zygote', zygote: this})
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
