import {closeSync, constants, openSync, readFileSync, writeFileSync} from 'node:fs'
import {PlanError, SpawnError} from '../errors.js'
import {initExecutable} from '../native/binding.js'
import {reapChild} from '../native/core.js'
import {capabilitySet} from '../plan/capability-names.js'
import {O_PATH} from '../plan/fcntl.js'
import {type IdMap, mapText} from '../plan/id-map.js'
import {namespaces, readNamespace} from '../plan/namespaces.js'
import {makePlan, type Plan} from '../plan/plan.js'
import {mountProc} from '../plan/proc.js'
import type {JoinTarget, Step, Unshare} from '../plan/step.js'
import {mapsItself} from '../plan/steps/unshare.js'
import {describeCause} from './diagnosis/errno.js'
import {forCaller} from './diagnosis/sudo.js'
import {adviseOpen} from './files.js'
import {isOwnProc, readLink} from './read-link.js'
import {callerSurroundings} from './surroundings.js'
import {heldZygote, type Spawn, startZygote} from './zygote.js'

const CAP_SETGID = 6
const CAP_SETUID = 7

/** The executable of a first process that stays behind; opened only by a plan that needs it. */
export function openInit(): {open: () => number; close: () => void} {
  let fd: number | undefined
  return {
    open() {
      fd ??= openSync(initExecutable(), O_PATH)
      return fd
    },
    close() {
      if (fd !== undefined) closeSync(fd)
    },
  }
}

function openTarget(path: string): JoinTarget & {fd: number} {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY)
  } catch (cause) {
    const {name, text} = describeCause(cause)
    const {why, next} = adviseOpen(path, name)
    throw new PlanError('E_OPEN', `the namespace ${path} cannot be opened: ${text} (${name})`, {
      ...(why !== undefined && {why}),
      next: `${next}; ip netns, or lsns, list namespaces`,
    })
  }
  const [, name] = /^(\w+):\[\d+\]$/.exec(readLink(`/proc/self/fd/${fd}`) ?? '') ?? []
  if (name !== undefined && [...namespaces, 'mnt'].includes(name)) return {fd, namespace: readNamespace(name, 'join')}
  closeSync(fd)
  throw new PlanError('E_OPEN', `${path} is no namespace`, {
    why: 'it is a file of another kind; a name of a namespace is a bind mount of /proc/PID/ns/…',
    next: '--join /proc/PID/ns/net, or --join PID:net',
  })
}

function succeeds(tool: string, plan: Plan, spawn: Spawn): boolean {
  let helper: ReturnType<Spawn>
  try {
    helper = spawn(plan, 'clone')
  } catch (cause) {
    if (!(cause instanceof SpawnError && cause.failure.stage === 'exec')) throw cause
    throw new PlanError('E_MAP', `without ${tool} only one’s own id can be mapped`, {
      why: `CAP_SETUID is needed over the ids outside, and ${tool}, which has it, is not installed`,
      next: forCaller('sudo, or apt install uidmap (or shadow-utils), or --map-root-user alone'),
    })
  }
  if (helper.pidfd >= 0) closeSync(helper.pidfd)
  return reapChild(helper.pid) === 0
}

export function mayMapOthers(kind: 'uid' | 'gid'): boolean {
  const effective = capabilitySet(readFileSync('/proc/thread-self/status', 'utf8'), 'CapEff')
  return effective.includes(kind === 'uid' ? CAP_SETUID : CAP_SETGID)
}

/** @throws {PlanError} what the kernel says of it */
function write(pid: number, file: string, text: string): void {
  try {
    writeFileSync(`/proc/${pid}/${file}`, text)
  } catch (cause) {
    const {name, text: said} = describeCause(cause)
    throw new PlanError(
      'E_MAP',
      `the ${file.replace('_', ' ')} of the new user namespace cannot be written: ${said} (${name})`,
      {
        why:
          name === 'EINVAL'
            ? 'ranges overlap, or an id outside means nobody in the user namespace of the caller'
            : 'the caller may not give these ids away, or its own user namespace denies it',
        next: 'cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups shows what the caller has',
      },
    )
  }
}

function refuseForeignProc(): void {
  if (isOwnProc()) return
  throw new PlanError('E_MAP', '/proc is that of another pid namespace', {
    why: 'the maps of a process are files below its number there, which would be another process',
    next: `${mountProc}, or --mount-proc for the program that starts spawnctl`,
  })
}

/** Root writes maps itself; others may through newuidmap(1), whose rights /etc/subuid describes. */
function writeMap(pid: number, kind: 'uid' | 'gid', map: readonly IdMap[], spawn: Spawn): void {
  if (mayMapOthers(kind)) {
    write(pid, `${kind}_map`, mapText(map))
    return
  }
  const tool = `new${kind}map`
  const words = map.flatMap(({inner, outer, count}) => [inner, outer, count].map(String))
  const env = [`PATH=${process.env.PATH ?? '/bin:/usr/bin'}`]
  if (succeeds(tool, makePlan({file: tool, argv: [tool, String(pid), ...words], env, steps: []}), spawn)) return
  throw new PlanError('E_MAP', `${tool} refuses the map`, {
    why: `/etc/sub${kind} does not give these ids to this user, or they overlap; what it said itself stands above`,
    next: `cat /etc/sub${kind}; --map-root-user alone, with setgroups denied, needs no entry there`,
  })
}

/**
 * A user namespace that has its maps: made by a process that lives no longer than this takes, since its own may not
 * write them and a child that shares memory could not wait for them. Returns it open.
 */
function makeUserNamespace({users, groups, setgroups}: Unshare, spawn: Spawn): number {
  refuseForeignProc()
  const holder = heldZygote(startZygote(spawn, [{kind: 'unshare', namespaces: ['user']}]))
  try {
    if (setgroups) write(holder.pid, 'setgroups', setgroups)
    if (groups) writeMap(holder.pid, 'gid', groups, spawn)
    if (users) writeMap(holder.pid, 'uid', users, spawn)
    return openSync(`/proc/${holder.pid}/ns/user`, constants.O_RDONLY)
  } finally {
    holder.close()
  }
}

/**
 * Opens the namespaces that a plan joins by path, and makes the user namespace whose maps the child may not write.
 * @returns the plan with descriptors in their place, and the function that closes them
 * @throws {PlanError}
 */
export function openNamespaces(plan: Plan, spawn: Spawn): {plan: Plan; close: () => void} {
  const opened: number[] = []
  const close = () => opened.forEach(fd => void closeSync(fd))
  const withDescriptors = (step: Step): Step => {
    if (step.kind === 'join')
      return {
        ...step,
        targets: step.targets.map(target => {
          if (!('path' in target)) return target
          const open = openTarget(target.path)
          opened.push(open.fd)
          return open
        }),
      }
    if (step.kind !== 'unshare') return step
    if (mapsItself(step, plan.steps, callerSurroundings.identity())) return step
    const userNamespace = makeUserNamespace(step, spawn)
    opened.push(userNamespace)
    return {...step, userNamespace}
  }
  if (!plan.steps.some(({kind}) => kind === 'join' || kind === 'unshare')) return {plan, close}
  try {
    return {plan: {...plan, steps: plan.steps.map(withDescriptors)}, close}
  } catch (error) {
    close()
    throw error
  }
}
