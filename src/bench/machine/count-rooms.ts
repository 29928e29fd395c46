import {ownCgroups} from '../../methods/cgroup-tree.js'
import {type Files, type ReadText, readNumber, statusField} from './files.js'
import {softLimit} from './memory-rooms.js'

/** How many more mappings or threads a limit lets be had. */
export interface CountRoom {
  readonly limit: string
  readonly count: number
}

/** The runner's own, and those that come and go with a spawn. */
const ownMappings = 100
/** The runner, its zygote, the program, and what it may spawn in turn. */
const ownTasks = 20
const capSysAdmin = 21n
const capSysResource = 24n

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

/** The machine's own root is not counted, nor who has one of two capabilities there. */
function isExempt(read: ReadText): boolean {
  const isMachines = /^\s*0\s+0\s+4294967295$/.test(read('/proc/self/uid_map') ?? '')
  const capabilities = BigInt(`0x${statusField(read, 'CapEff') ?? '0'}`)
  const has = (capability: bigint) => ((capabilities >> capability) & 1n) === 1n
  return isMachines && (uidIn(statusField(read, 'Uid')) === 0 || has(capSysAdmin) || has(capSysResource))
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
  const most = softLimit(files.read, 'Max processes')
  if (most === undefined || isExempt(files.read)) return []
  const used = tasksOfUser(files, uidIn(statusField(files.read, 'Uid')))
  const limit = `RLIMIT_NPROC (ulimit -u) is ${most}, and this user has ${used}`
  return [{limit, count: most - used - ownTasks}]
}

export function threadRooms(files: Files): readonly CountRoom[] {
  return [...cgroupRooms(files.read), ...userRoom(files), ...machineRooms(files.read)]
}
