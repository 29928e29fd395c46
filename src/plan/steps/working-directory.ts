import {PlanError, UsageError} from '../../errors.js'
import {lastValue, refuseEmpty} from '../option.js'
import {pathLimits} from '../path-limits.js'
import {shellPath} from '../shell-words.js'
import type {StepKind} from '../step.js'
import {readableText, refuseNul} from '../text.js'

export const chdir: StepKind<'chdir'> = {
  kind: 'chdir',
  summary: 'Working directory. After the identity (NFS lets only the user in); relative to the caller’s.',
  options: [{name: 'cwd', char: 'C', value: 'DIR', summary: 'start the program in this directory'}],
  read(values) {
    const path = lastValue(values, 'cwd')
    refuseEmpty(path, 'cwd', 'a directory', '.')
    return path === undefined ? undefined : {kind: 'chdir', path}
  },
  check: step => refuseNul(step.path, 'the working directory'),
  lower: (step, script) => script.call('chdir', [script.pool.text(step.path)]),
  posixSpawnRefuses: (_, features) =>
    features.chdir ? undefined : 'this libc has no posix_spawn_file_actions_addchdir_np (glibc 2.29, musl 1.1.24)',
  lowerToPosixSpawn: (step, actions) => actions.chdir(step.path),
  explain(step, errno) {
    const path = readableText(step.path)
    const next = `check the path: ls -ld ${shellPath(path)}`
    switch (errno) {
      case 'ENOENT':
        return {why: `the directory ${path} does not exist (the program is not to blame)`, next}
      case 'ENOTDIR':
        return {why: `${path}, or a part of it, is not a directory`, next}
      case 'EACCES':
        return {why: `${path} may not be entered by the user that the program runs as`, next}
      case 'ELOOP':
      case 'ENAMETOOLONG':
        return {why: pathLimits[errno], next: `namei ${shellPath(path)}`}
    }
    return undefined
  },
  describe: step => `working directory ${readableText(step.path)}`,
}

export const umask: StepKind<'umask'> = {
  kind: 'umask',
  summary: 'File mode creation mask.',
  options: [{name: 'umask', value: 'OCTAL', summary: 'file mode creation mask, octal: 027'}],
  read(values) {
    const text = lastValue(values, 'umask')
    if (text === undefined) return undefined
    if (!/^[0-7]{1,4}$/.test(text) || Number.parseInt(text, 8) > 0o777)
      throw new UsageError(`--umask wants an octal number from 0 to 777, not "${text}"`, {next: '--umask 027'})
    return {kind: 'umask', mask: Number.parseInt(text, 8)}
  },
  check(step) {
    if (!Number.isInteger(step.mask) || step.mask < 0 || step.mask > 0o777)
      throw new PlanError('E_STEPS', `${step.mask} is no file mode creation mask`)
  },
  lower: (step, script) => script.call('umask', [step.mask]),
  posixSpawnRefuses: () => 'it has no attribute for the umask',
  describe: step => `umask ${step.mask.toString(8).padStart(3, '0')}`,
}
