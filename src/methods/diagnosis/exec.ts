import {dirname, isAbsolute} from 'node:path'
import type {Advice} from '../../errors.js'
import {entriesOf, variable} from '../../plan/environment.js'
import {kindOf} from '../../plan/housekeeping.js'
import {pathLimits} from '../../plan/path-limits.js'
import type {Plan} from '../../plan/plan.js'
import {shellPath} from '../../plan/shell-words.js'
import {readableText, type Text, textBytes} from '../../plan/text.js'
import {explainMemoryLimit, explainWant} from './creation.js'
import {inspect} from './executable.js'
import {explainInterpreter} from './interpreter.js'
import {callerPath, isInSight, newRoot} from './sight.js'

/** What is said of an execve that failed; exit codes as env(1), nice(1) and timeout(1) have them. */
export interface ExecDiagnosis extends Advice {
  code: string
  message: string
  exitCode: 126 | 127
}

/** The kernel's MAX_ARG_STRLEN with pages of 4 KiB, its NUL included. */
const mostStringBytes = 131_072

function look(plan: Plan, path: string) {
  return inspect(path, name => callerPath(plan, name))
}

/** What is known of a path at which the kernel has found nothing. */
function whyNoFile(plan: Plan, program: string): string {
  if (!isInSight(plan))
    return 'it, or the loader that it names, is not among what the program is shown: that cannot be seen from here'
  const place = callerPath(plan, program)
  if (look(plan, program).state !== 'missing')
    return `${place} is there; what it names as its loader or interpreter may not be`
  return `there is nothing at ${place}${isAbsolute(place) ? '' : ': the working directory has been removed'}`
}

/** Why no directory of PATH has the program: what the caller finds there need not be what the program is shown. */
function explainSearch(plan: Plan, program: string): Required<Advice> {
  const path = `PATH of the program is ${variable(plan.env, 'PATH') ?? 'unset, which means /bin:/usr/bin'}`
  const root = newRoot(plan)
  const mounts = plan.steps.find(step => step.kind === 'mounts')
  if (isInSight(plan) && look(plan, `./${program}`).state !== 'missing')
    return {
      why: root === undefined ? path : `not found in PATH below the new root ${root}; ${path}`,
      next: `there is one in the working directory: ${shellPath(`./${program}`)}`,
    }
  if (mounts !== undefined) {
    const where = root === undefined ? '' : ` below the new root ${root}`
    return {
      why: `neither of the two can be looked for from here${where}, as it is with ${kindOf(mounts).describe(mounts)}; ${path}`,
      next: 'check the spelling, and that no mount hides a directory of PATH; --bind those of the program, its loader and its libraries: /usr, /lib, /lib64',
    }
  }
  if (root !== undefined)
    return {
      why: `not found in PATH below the new root ${root}; ${path}`,
      next: `check the spelling; name a root that holds the program (ls ${shellPath(root)}), or show it there: --unshare mount --bind /usr:/usr:ro (onto a directory that is there); or set another PATH with --env PATH=…`,
    }
  return isInSight(plan)
    ? {why: path, next: 'check the spelling, give a path, or set another PATH with --env PATH=…'}
    : {
        why: `neither of the two can be looked for from here in a joined mount namespace; ${path}`,
        next: 'give a path that is there, set another PATH with --env PATH=…, or join no mount namespace',
      }
}

function notFound(plan: Plan, program: string): ExecDiagnosis {
  if (program.includes('/'))
    return {
      code: 'E_NOT_FOUND',
      message: `${program}: no such file`,
      why: whyNoFile(plan, program),
      next: 'check the path, or give a name without a slash to have PATH searched',
      exitCode: 127,
    }
  return {
    code: 'E_NOT_FOUND',
    message: `${program}: not found in PATH${isInSight(plan) ? '' : ', or its loader is not there'}`,
    ...explainSearch(plan, program),
    exitCode: 127,
  }
}

function explainFile(plan: Plan, candidate: Text): ExecDiagnosis | undefined {
  const path = readableText(candidate)
  if (!isInSight(plan)) return undefined
  const root = newRoot(plan)
  const place = root === undefined ? path : callerPath(plan, path)
  const finding = look(plan, path)
  switch (finding.state) {
    case 'missing':
    case 'unreachable':
    case 'present':
      return undefined
    case 'directory':
      return {
        code: 'E_NOT_EXECUTABLE',
        message: `${path}: is a directory`,
        why: 'only files can be executed',
        next: 'name a program inside it',
        exitCode: 126,
      }
    case 'not-executable':
      return {
        code: 'E_NOT_EXECUTABLE',
        message: `${path}: permission denied`,
        why: 'the file is there, but its mode does not let this user execute it',
        next: `chmod +x ${shellPath(place)}, or name its interpreter: sh ${shellPath(path)}`,
        exitCode: 126,
      }
    case 'interpreter-missing': {
      const told: ExecDiagnosis = {
        code: 'E_INTERPRETER',
        exitCode: 126,
        ...explainInterpreter(path, finding, root),
      }
      return finding.interpreter.endsWith('\r')
        ? {...told, next: `the line ends in a carriage return: sed -i 's/\\r$//' ${shellPath(place)}`}
        : told
    }
  }
}

/** Why execve was refused a file whose mode is not to blame. */
function explainDenial(plan: Plan, candidates: readonly Text[]): Required<Advice> {
  const program = readableText(plan.file)
  const paths = isInSight(plan) ? candidates.map(readableText) : []
  const closed = paths.find(path => look(plan, path).state === 'unreachable')
  if (closed !== undefined && !program.includes('/'))
    return {
      why: `no directory of PATH that may be entered has it, and ${dirname(closed)} may not be`,
      next: `check the spelling; namei -l ${shellPath(dirname(closed))} tells who may enter; or set another PATH with --env PATH=…`,
    }
  const file = paths.find(path => look(plan, path).state === 'present') ?? program
  return {
    why: 'a directory on its path may not be entered, or its file system is mounted noexec',
    next: `namei -l ${shellPath(file)}; findmnt -T ${shellPath(file)}`,
  }
}

function tooBig(plan: Plan): Advice {
  const named = [
    ...plan.argv.map((text, i) => ({name: `argument ${i}`, bytes: textBytes(text).length + 1})),
    ...entriesOf(plan.env).map(text => ({
      name: `variable ${readableText(text).split('=')[0]}`,
      bytes: textBytes(text).length + 1,
    })),
  ].sort((a, b) => b.bytes - a.bytes)
  const longest = named[0] as {name: string; bytes: number}
  const total = named.reduce((sum, {bytes}) => sum + bytes + 8, 0)
  if (longest.bytes > mostStringBytes)
    return {
      why: `${longest.name} is ${longest.bytes} bytes long; one string may have ${mostStringBytes}`,
      next: 'pass it through a file or standard input',
    }
  return {
    why: `arguments and environment take ${total} bytes, more than a quarter of the stack limit; the longest is ${longest.name} with ${longest.bytes}`,
    next: 'ulimit -s shows the limit in KiB; fewer arguments (xargs), --clear-env, or a larger ulimit -s',
  }
}

/** Says what execve's errno means for this plan: the program, its interpreter, or its arguments. */
export function diagnoseExec(plan: Plan, candidates: readonly Text[], errno: string, text: string): ExecDiagnosis {
  const program = readableText(plan.file)
  const generic = {
    code: 'E_EXEC',
    message: `${program}: cannot be executed: ${text} (${errno})`,
    exitCode: 126 as const,
  }
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EACCES': {
      for (const candidate of candidates) {
        const found = explainFile(plan, candidate)
        if (found !== undefined) return found
      }
      if (errno !== 'EACCES') return notFound(plan, program)
      return {...generic, code: 'E_NOT_EXECUTABLE', ...explainDenial(plan, candidates)}
    }
    case 'E2BIG':
      return {...generic, code: 'E_TOO_BIG', message: `${program}: argument list too long (E2BIG)`, ...tooBig(plan)}
    case 'ETXTBSY':
      return {...generic, why: 'the file is still open for writing somewhere', next: `fuser -v ${shellPath(program)}`}
    case 'ELOOP':
      return {
        ...generic,
        why: pathLimits.ELOOP,
        next: `namei ${shellPath(program)}`,
      }
    case 'ENAMETOOLONG':
      return {
        ...generic,
        why: pathLimits.ENAMETOOLONG,
        next: 'check the path; one that is too long as a whole is shorter from a directory on it: --cwd DIR -- ./rest',
      }
    case 'ENOEXEC':
      return {
        ...generic,
        why: 'the file is neither a known binary format nor a script',
        next: `file ${shellPath(program)}`,
      }
    case 'EAGAIN':
      return {...generic, why: 'the new user is at its limit of processes (RLIMIT_NPROC)', next: 'ulimit -u'}
    case 'EPERM':
    case 'ENOSYS':
      return {
        ...generic,
        why: 'a security policy (seccomp, LSM) refuses execve, or what libc makes its posix_spawn of',
        next: 'spawnctl doctor tells which methods work here',
      }
    case 'ENOMEM':
      return {...generic, ...(explainMemoryLimit(plan.steps) ?? explainWant(errno))}
    default:
      return generic
  }
}
