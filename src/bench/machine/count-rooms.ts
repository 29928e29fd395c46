import {ownCgroups} from '../../methods/cgroup-tree.js'
import {isUnbound} from '../../methods/diagnosis/process-limit.js'
import {softLimit} from '../../methods/soft-limit.js'
import {type Files, type ReadText, readNumber, statusField} from './files.js'

/** How many more mappings or threads a limit lets be had. */
export interface CountRoom {
  readonly limit: string
  readonly count: number
}

/** The runner's own, and those that come and go with a spawn. */
const ownMappings = 100
/** The runner, its zygote, the program, and what it may spawn in turn. */
const ownTasks = 20

export function mappingRooms({read}: Files): readonly CountRoom[] {
  const most = readNumber(read, '/proc/sys/vm/max_map_count')
  return most === undefined ? [] : [{limit: `vm.max_map_count is ${most}`, count: most - ownMappings}]
}

function cgroupRooms(read: ReadText): readonly CountRoom[] {
  return [...ownCgroups(undefined, read), ...ownCgroups('pids', read)].flatMap(directory => {
    const [most, used] = ['max', 'current'].map(name => readNumber(read, `${directory}/pids.${name}`))
    if (most === undefined || used === undefined) return []
    return [{limit: `${directory}/pids.max is ${most}, and ${used} are there`, count: most - used - ownTasks}]
  })
}

function machineRooms(read: ReadText): readonly CountRoom[] {
  const used = Number(/\/(\d+)/.exec(read('/proc/loadavg') ?? '')?.[1] ?? 0)
  return ['threads-max', 'pid_max'].flatMap(name => {
    const most = readNumber(read, `/proc/sys/kernel/${name}`)
    if (most === undefined) return []
    return [{limit: `kernel.${name} is ${most}, and ${used} are there`, count: most - used - ownTasks}]
  })
}

/** The real one, of "1000 1000 1000 1000". */
function uidIn(ids: string | undefined): number {
  return Number.parseInt(ids ?? '0', 10)
}

function tasksOfUser({read, list}: Files, uid: number): number {
  return list('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => read(`/proc/${pid}/status`) ?? '')
    .filter(text => uidIn(/^Uid:\s*(.*)$/m.exec(text)?.[1] ?? '-1') === uid)
    .reduce((sum, text) => sum + Number(/^Threads:\s*(\d+)/m.exec(text)?.[1] ?? 0), 0)
}

function userRoom(files: Files): readonly CountRoom[] {
  const most = softLimit('Max processes', files.read)
  const uid = uidIn(statusField(files.read, 'Uid'))
  if (most === undefined || isUnbound(uid, files.read)) return []
  const used = tasksOfUser(files, uid)
  const limit = `RLIMIT_NPROC (ulimit -u) is ${most}, and this user has ${used}`
  return [{limit, count: most - used - ownTasks}]
}

export function threadRooms(files: Files): readonly CountRoom[] {
  return [...cgroupRooms(files.read), ...userRoom(files), ...machineRooms(files.read)]
}
