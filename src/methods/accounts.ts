import {UsageError} from '../errors.js'
import {findGroups, findGroup as lookUpGroup, findUser as lookUpUser} from '../native/core.js'
import {shellWords} from '../plan/shell-words.js'

export {findGroups}

function unknown(what: string, name: string, database: string): never {
  throw new UsageError(`there is no ${what} "${name}"`, {
    why: `neither ${database} nor what nsswitch.conf adds to it knows the name`,
    next: `getent ${what === 'user' ? 'passwd' : 'group'} ${shellWords([name])}`,
  })
}

function lookUp<T>(what: string, name: string, look: (name: string) => T): T {
  try {
    return look(name)
  } catch (cause) {
    throw new UsageError(`the ${what} "${name}" cannot be looked up: ${(cause as Error).message}`, {
      why: 'what nsswitch.conf names could not be asked',
      next: `getent ${what === 'user' ? 'passwd' : 'group'} ${shellWords([name])}; ulimit -n`,
    })
  }
}

/** @throws {UsageError} */
export function findUser(name: string): {uid: number; gid: number} {
  return lookUp('user', name, lookUpUser) ?? unknown('user', name, '/etc/passwd')
}

/** @throws {UsageError} */
export function findGroup(name: string): number {
  return lookUp('group', name, lookUpGroup) ?? unknown('group', name, '/etc/group')
}
