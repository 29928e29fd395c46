import {Pool, type PoolReference} from './script.js'
import type {Text} from './text.js'

/** Numbers as in src/native/block.h, enum spawn_action_kind. */
export const actionKinds = {dup2: 1, close: 2, chdir: 3, closefrom: 4, open: 5, tcsetpgrp: 6} as const

export interface SpawnAction {
  readonly kind: number
  readonly fd: number
  readonly target: number
  readonly path: PoolReference | undefined
}

/** posix_spawnattr_t, as far as steps ask for it. */
export interface SpawnAttributes {
  setsid: boolean
  setpgroup: boolean
  sigmask: bigint
  sigdefault: bigint
  /** Numbers of sched_setscheduler(2); undefined leaves the caller's. */
  scheduling: {readonly policy: number; readonly priority: number} | undefined
}

export const noAttributes: Readonly<SpawnAttributes> = {
  setsid: false,
  setpgroup: false,
  sigmask: 0n,
  sigdefault: 0n,
  scheduling: undefined,
}

/** Collects what steps ask of posix_spawn: its file actions, in order, and its attributes. */
export class SpawnActions implements SpawnAttributes {
  readonly actions: SpawnAction[] = []
  readonly pool = new Pool()
  setsid = false
  setpgroup = false
  sigmask = 0n
  sigdefault = 0n
  scheduling: SpawnAttributes['scheduling'] = undefined

  constructor(
    readonly fdFloor: number,
    /** The caller's open descriptors, to be closed one by one where libc has no addclosefrom_np. */
    readonly openFds: readonly number[] | undefined,
  ) {}

  dup2(fd: number, target: number): void {
    this.add('dup2', fd, target)
  }

  close(fd: number): void {
    this.add('close', fd)
  }

  closefrom(fd: number): void {
    this.add('closefrom', fd)
  }

  chdir(path: Text): void {
    this.add('chdir', 0, 0, path)
  }

  /** Nothing that may be created: there is no mode. */
  open(fd: number, path: Text, flags: number): void {
    this.add('open', fd, flags, path)
  }

  tcsetpgrp(fd: number): void {
    this.add('tcsetpgrp', fd)
  }

  private add(kind: keyof typeof actionKinds, fd: number, target = 0, path?: Text): void {
    this.actions.push({kind: actionKinds[kind], fd, target, path: path === undefined ? path : this.pool.text(path)})
  }
}
