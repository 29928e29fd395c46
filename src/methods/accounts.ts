import {UsageError} from '../errors.js'
import {findGroups, findGroup as lookUpGroup, findUser as lookUpUser} from '../native/core.js'

export {findGroups}

function unknown(what: string, name: string, database: string): never {
  throw new UsageError(`there is no ${what} "${name}"`, {
    why: `neither ${database} nor what nsswitch.conf adds to it knows the name`,
    next: `getent ${what === 'user' ? 'passwd' : 'group'} ${name}`,
  })
}

/** @throws {UsageError} */
export function findUser(name: string): {uid: number; gid: number} {
  return lookUpUser(name) ?? unknown('user', name, '/etc/passwd')
}

/** @throws {UsageError} */
export function findGroup(name: string): number {
  return lookUpGroup(name) ?? unknown('group', name, '/etc/group')
}
