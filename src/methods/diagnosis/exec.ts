import {join, resolve} from 'node:path'
import type {Advice} from '../../errors.js'
import {entriesOf, variable} from '../../plan/environment.js'
import type {Plan} from '../../plan/plan.js'
import {readableText, type Text, textBytes} from '../../plan/text.js'
import {inspect} from './executable.js'

/** What is said of an execve that failed; exit codes as env(1), nice(1) and timeout(1) have them. */
export interface ExecDiagnosis extends Advice {
  code: string
  message: string
  exitCode: 126 | 127
}

/** The kernel's MAX_ARG_STRLEN with pages of 4 KiB, its NUL included. */
const mostStringBytes = 131_072

/** The caller's path of a candidate: relative ones are relative to the child's working directory, all to its root. */
function callerPath(plan: Plan, candidate: Text): string {
  const chdir = plan.steps.find(step => step.kind === 'chdir')
  const root = plan.steps.find(step => step.kind === 'root')
  const path = resolve(
    root === undefined ? '.' : '/',
    chdir === undefined ? '.' : readableText(chdir.path),
    readableText(candidate),
  )
  return root === undefined ? path : join(resolve(readableText(root.path)), path)
}

/** What is mounted for the program, or is in another mount namespace, the caller does not see. */
function isInSight({steps}: Plan): boolean {
  return !steps.some(
    step =>
      step.kind === 'mounts' ||
      (step.kind === 'join' && step.targets.some(target => !('pid' in target) || target.namespaces.includes('mount'))),
  )
}

function notFound(plan: Plan, program: string): ExecDiagnosis {
  if (program.includes('/'))
    return {
      code: 'E_NOT_FOUND',
      message: `${program}: no such file`,
      why: isInSight(plan)
        ? `there is nothing at ${callerPath(plan, plan.file)}`
        : 'it, or the loader that it names, is not among what the program is shown: that cannot be seen from here',
      next: 'check the path, or give a name without a slash to have PATH searched',
      exitCode: 127,
    }
  const beside = inspect(callerPath(plan, `./${program}`)).state !== 'missing'
  return {
    code: 'E_NOT_FOUND',
    message: `${program}: not found in PATH`,
    why: `PATH of the program is ${variable(plan.env, 'PATH') ?? 'unset, which means /bin:/usr/bin'}`,
    next: beside
      ? `there is one in the working directory: ./${program}`
      : 'check the spelling, give a path, or set another PATH with --env PATH=…',
    exitCode: 127,
  }
}

function explainFile(plan: Plan, candidate: Text): ExecDiagnosis | undefined {
  const path = readableText(candidate)
  if (!isInSight(plan)) return undefined
  const finding = inspect(callerPath(plan, candidate))
  switch (finding.state) {
    case 'missing':
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
        next: `chmod +x ${path}, or name its interpreter: sh ${path}`,
        exitCode: 126,
      }
    case 'interpreter-missing':
      return finding.line === 'script'
        ? {
            code: 'E_INTERPRETER',
            message: `${path}: its interpreter ${finding.interpreter} is missing`,
            why: `the script is there, but its first line names ${JSON.stringify(finding.interpreter)}, which is not`,
            next: finding.interpreter.endsWith('\r')
              ? `the line ends in a carriage return: sed -i 's/\\r$//' ${path}`
              : `install ${finding.interpreter}, or correct the #! line`,
            exitCode: 126,
          }
        : {
            code: 'E_INTERPRETER',
            message: `${path}: its loader ${finding.interpreter} is missing`,
            why: 'the program is there, but was built for another libc or architecture',
            next: `file ${path} tells what it was built for`,
            exitCode: 126,
          }
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
      return {
        ...generic,
        code: 'E_NOT_EXECUTABLE',
        why: 'a directory on its path may not be entered, or its file system is mounted noexec',
        next: `namei -l ${program}; findmnt -T ${program}`,
      }
    }
    case 'E2BIG':
      return {...generic, code: 'E_TOO_BIG', message: `${program}: argument list too long (E2BIG)`, ...tooBig(plan)}
    case 'ETXTBSY':
      return {...generic, why: 'the file is still open for writing somewhere', next: `fuser -v ${program}`}
    case 'ENOEXEC':
      return {...generic, why: 'the file is neither a known binary format nor a script', next: `file ${program}`}
    case 'EAGAIN':
      return {...generic, why: 'the new user is at its limit of processes (RLIMIT_NPROC)', next: 'ulimit -u'}
    case 'EPERM':
    case 'ENOSYS':
      return {
        ...generic,
        why: 'a security policy (seccomp, LSM) refuses execve, or what libc makes its posix_spawn of',
        next: 'spawnctl doctor tells which methods work here',
      }
    default:
      return generic
  }
}
