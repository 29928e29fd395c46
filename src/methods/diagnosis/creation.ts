import type {Advice} from '../../errors.js'
import type {Step} from '../../plan/step.js'
import {ownCgroups} from '../cgroup-tree.js'
import type {Method} from '../method.js'
import {readText} from '../read-text.js'
import {bindingProcessLimit} from './process-limit.js'

/** The nearest cgroup, of either version, that has as many processes as its pids controller lets it. */
function fullCgroup(): {path: string; max: number} | undefined {
  return [...ownCgroups(), ...ownCgroups('pids')]
    .map(path => ({path, max: Number(readText(`${path}/pids.max`))}))
    .find(({path, max}) => max > 0 && Number(readText(`${path}/pids.current`)) >= max)
}

function explainEagain(): Required<Advice> {
  const cgroup = fullCgroup()
  if (cgroup !== undefined)
    return {
      why: `the cgroup ${cgroup.path} is at its pids.max of ${cgroup.max}`,
      next: `cat ${cgroup.path}/pids.current; end processes there, or raise pids.max`,
    }
  const limit = bindingProcessLimit()
  if (limit === undefined)
    return {
      why: 'the machine, or a cgroup around this one, is at its limit of processes and threads: RLIMIT_NPROC does not bind this user',
      next: 'sysctl kernel.pid_max kernel.threads-max; ps -eL | wc -l counts those that there are',
    }
  return {
    why: `this user is at its limit of ${limit} processes and threads (RLIMIT_NPROC)`,
    next: 'ulimit -u; ps -u "$USER" -L shows who uses them',
  }
}

/** What is used up, where an errno says so: it tells nothing of the call that got it. */
export function explainWant(errno: string): Required<Advice> | undefined {
  switch (errno) {
    case 'EAGAIN':
      return explainEagain()
    case 'ENOMEM':
      return {why: 'the kernel is out of memory, or at the limit of its cgroup', next: 'free -h; cat /proc/meminfo'}
    case 'EMFILE':
      return {
        why: 'this process is at its limit of open files (RLIMIT_NOFILE)',
        next: 'ulimit -n; raise it: ulimit -n 4096',
      }
    case 'ENFILE':
      return {why: 'the whole system is at its limit of open files', next: 'cat /proc/sys/fs/file-nr'}
    default:
      return undefined
  }
}

/** With less than this most programs do not even start. */
const usualMemory = {bytes: 64 * 2 ** 20, text: '64M'}

/** The memory limit of the control group that was made for the child, where it has one. */
export function explainMemoryLimit(steps: readonly Step[]): Required<Advice> | undefined {
  const bytes = steps.find(step => step.kind === 'cgroup')?.limits?.memoryMax
  if (bytes === undefined) return undefined
  const example = bytes < usualMemory.bytes ? `: --memory-max ${usualMemory.text}` : ''
  return {why: `its own control group has a limit of ${bytes} bytes (--memory-max)`, next: `a larger limit${example}`}
}

/** The limit on processes of the control group that was made or named for the child, where it has one. */
export function explainPidsLimit(steps: readonly Step[]): Required<Advice> | undefined {
  const cgroup = steps.find(step => step.kind === 'cgroup')
  const most = cgroup?.limits?.pidsMax
  if (most !== undefined)
    return {
      why: `its own control group has a limit of ${most} processes and threads (--pids-max), spawnctl-init and all`,
      next: 'a larger limit',
    }
  if (cgroup?.path === undefined) return undefined
  return {
    why: `the control group ${cgroup.path} (--cgroup), or one above it, is at its limit of processes`,
    next: 'cat its pids.current and pids.max; end processes there, or raise pids.max',
  }
}

/** What of its own makes an errno of the child's. */
export function explainOwnLimit(steps: readonly Step[], errno: string): Required<Advice> | undefined {
  if (errno === 'ENOMEM') return explainMemoryLimit(steps)
  return errno === 'EAGAIN' ? explainPidsLimit(steps) : undefined
}

/** Why a child could not be created, or the caller not prepare for it. */
export function explainCreation(method: Method, errno: string): Advice {
  if (errno === 'ENOMEM' && method === 'fork')
    return {
      why: 'fork promises the child a copy of all memory, and the kernel refuses to promise more (overcommit)',
      next: '--method clone, vfork or posix_spawn: they share memory and need none',
    }
  const want = explainWant(errno)
  if (want !== undefined)
    return errno === 'EAGAIN' ? {...want, next: `${want.next}; spawnctl doctor shows every limit`} : want
  switch (errno) {
    case 'EPERM':
      return {
        why: 'a security policy (seccomp, LSM) refuses the call',
        next: 'spawnctl doctor tells which methods work here; then --method with one of those',
      }
    case 'ENOSYS':
      return {
        why: 'this kernel, or a seccomp filter in its name, does not have the call',
        next: 'spawnctl doctor tells which methods work here; then --method with one of those',
      }
    case 'EFBIG':
      return {
        why: 'the script for the zygote is a file in memory, and larger than files may be here (RLIMIT_FSIZE)',
        next: 'ulimit -f unlimited; or --method clone, which needs no file',
      }
    case 'EBADMSG':
      return {why: 'program and native core are of different versions', next: 'npm run build'}
    default:
      return {}
  }
}
