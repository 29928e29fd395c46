import {Pool, type PoolReference} from './script.js'
import type {Text} from './text.js'

/** Numbers as in src/native/block.h, enum spawn_action_kind. */
export const actionKinds = {dup2: 1, close: 2, chdir: 3, closefrom: 4} as const

export interface SpawnAction {
  readonly kind: number
  readonly fd: number
  readonly target: number
  readonly path: PoolReference | undefined
}

/** Collects what steps ask of posix_spawn: its file actions, in order, and its attributes. */
export class SpawnActions {
  readonly actions: SpawnAction[] = []
  readonly pool = new Pool()
  setsid = false
  setpgroup = false
  sigmask = 0n
  sigdefault = 0n

  constructor(
    readonly fdFloor: number,
    /** The caller's open descriptors, to be closed one by one where libc has no addclosefrom_np. */
    readonly openFds: readonly number[] | undefined,
  ) {}

  dup2(fd: number, target: number): void {
    this.actions.push({kind: actionKinds.dup2, fd, target, path: undefined})
  }

  close(fd: number): void {
    this.actions.push({kind: actionKinds.close, fd, target: 0, path: undefined})
  }

  closefrom(fd: number): void {
    this.actions.push({kind: actionKinds.closefrom, fd, target: 0, path: undefined})
  }

  chdir(path: Text): void {
    this.actions.push({kind: actionKinds.chdir, fd: 0, target: 0, path: this.pool.text(path)})
  }
}
