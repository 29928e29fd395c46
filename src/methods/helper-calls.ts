import {constants} from 'node:fs'
import {zygoteExecutable} from '../native/binding.js'
import {type IdMap, mapText} from '../plan/id-map.js'
import type {Unshare} from '../plan/step.js'
import {plainClone} from './creation-calls.js'
import {mayMapOthers} from './namespaces.js'
import type {OpeningCalls} from './opening-calls.js'
import type {PretendedNumbers} from './pretended-numbers.js'

/** The start of a spawnctl-zygote; returns the words for its pid and for the caller's end of its socket. */
function startZygote(
  opening: OpeningCalls,
  numbers: PretendedNumbers,
  by: 'zygote' | 'helper',
  reason: string,
): {pid: string; socket: string} {
  const [pid, socket] = [`${by}_pid`, by].map(word => numbers.word(word)) as [string, string]
  opening.tell({call: `socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0, [${socket}, …])`, reason})
  opening.tell({call: `${plainClone} = ${pid}`, reason})
  if (by === 'helper') opening.tell({by, call: 'unshare(CLONE_NEWUSER)', reason: 'the namespace that is to have maps'})
  opening.tell({by, call: 'chdir("/")', reason: 'no file system stays in use because of it'})
  const path = JSON.stringify(zygoteExecutable())
  opening.tell({by, call: `execve(${path}, ["spawnctl-zygote"], /* 0 vars */)`, reason})
  return {pid, socket}
}

/** The zygote that will make the child; returns the word for its socket. */
export function zygoteCalls(opening: OpeningCalls, numbers: PretendedNumbers): string {
  const reason = 'the zygote, a small program that will make the child; its own start is by clone'
  return startZygote(opening, numbers, 'zygote', reason).socket
}

function mapCalls(
  opening: OpeningCalls,
  numbers: PretendedNumbers,
  pid: string,
  kind: 'uid' | 'gid',
  map: readonly IdMap[],
) {
  if (mayMapOthers(kind))
    return opening.write(`/proc/${pid}/${kind}_map`, mapText(map), 'the maps, by the rights of outside')
  const tool = `new${kind}map`
  const words = map.flatMap(({inner, outer, count}) => [inner, outer, count]).map(number => `"${number}"`)
  const reason = `${tool} has the right to write the map that /etc/sub${kind} describes`
  const made = numbers.word('tool')
  opening.tell({call: `${plainClone} = ${made}`, reason})
  opening.tell({
    by: 'helper',
    call: `execve("…/${tool}", ["${tool}", "${pid}", ${words.join(', ')}], /* 1 vars */)`,
    reason,
  })
  opening.tell({call: `wait4(${made}, …, __WALL, NULL)`, reason})
}

/** A user namespace with maps that the child may not write itself: a process makes it and holds it meanwhile. */
export function userNamespaceCalls(
  {users, groups, setgroups}: Unshare,
  opening: OpeningCalls,
  numbers: PretendedNumbers,
): number {
  const {pid, socket} = startZygote(
    opening,
    numbers,
    'helper',
    'a process that makes the user namespace, for its maps are not the child’s to write',
  )
  if (setgroups) opening.write(`/proc/${pid}/setgroups`, setgroups, 'whether groups can be dropped in it')
  if (groups) mapCalls(opening, numbers, pid, 'gid', groups)
  if (users) mapCalls(opening, numbers, pid, 'uid', users)
  const fd = opening.open(
    `/proc/${pid}/ns/user`,
    constants.O_RDONLY,
    0,
    'namespace',
    'the namespace, for the child to enter',
  )
  const reason = 'the process has done its work, and ends'
  opening.tell({call: `close(${socket})`, reason})
  opening.tell({call: `wait4(${pid}, …, __WALL, NULL)`, reason})
  return fd
}
