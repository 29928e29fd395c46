import type {Birth} from '../plan/step.js'

/** How a child can come to exist. Spelled as the call. */
export const methods = ['fork', 'vfork', 'posix_spawn', 'clone', 'clone-vm', 'zygote'] as const
export type Method = (typeof methods)[number]

export interface MethodTraits {
  /** src/native/block.h, enum method. */
  readonly number: number
  /** One line for help and docs. */
  readonly summary: string
  readonly birth: Birth
}

const apart: Birth = {besideCaller: false, sharesMemory: false, takesFlags: false}
const borrowing: Birth = {...apart, sharesMemory: true}

export const methodTraits: Readonly<Record<Method, MethodTraits>> = {
  fork: {
    number: 1,
    summary: 'libc fork: the child gets a copy of the memory, at a price that grows with it',
    birth: apart,
  },
  vfork: {
    number: 2,
    summary: 'libc vfork: the child borrows memory and stack, the caller sleeps until execve',
    birth: borrowing,
  },
  posix_spawn: {
    number: 3,
    summary: 'libc posix_spawn: for housekeeping that its actions and attributes can say',
    birth: borrowing,
  },
  clone: {
    number: 4,
    summary: 'clone3 or clone with CLONE_VM | CLONE_VFORK on a stack of its own',
    birth: {...borrowing, takesFlags: true},
  },
  'clone-vm': {
    number: 5,
    summary: 'clone3 or clone with CLONE_VM alone: the caller runs on at once',
    birth: {besideCaller: true, sharesMemory: true, takesFlags: true},
  },
  zygote: {
    number: 6,
    summary: 'a small helper, started early, forks on request',
    birth: {...apart, takesFlags: true},
  },
}

export function isMethod(text: string): text is Method {
  return (methods as readonly string[]).includes(text)
}
