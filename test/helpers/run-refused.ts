import {execFile} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {fixture} from './fixture.js'
import {type CliRun, cli, node} from './run-cli.js'

const preload = fileURLToPath(new URL('../fixtures/refuse-here.mjs', import.meta.url))

/** A system call and the errno that it gets; 0 kills who asks. */
export interface Refusal {
  readonly number: number
  readonly errno: number
}

const CLONE3 = 435
const ENOSYS = 38

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<CliRun> {
  return new Promise(resolve => {
    const child = execFile(file, args, {env: {...process.env, ...env}}, (_, stdout, stderr) => {
      resolve({status: child.exitCode, signal: child.signalCode, stdout, stderr})
    })
  })
}

/**
 * Runs `spawnctl` with these words under a seccomp filter, which is there before Node is, wherever Node can start under it:
 * where clone3 is refused otherwise than by ENOSYS, libc creates no thread, so the filter comes after Node's own.
 */
export function runRefused(refusals: readonly Refusal[], words: readonly string[]): Promise<CliRun> {
  const spelled = refusals.map(({number, errno}) => `${number}:${errno}`)
  if (refusals.every(({number, errno}) => number !== CLONE3 || errno === ENOSYS))
    return run(fixture('refuse-then-exec'), [...spelled, '--', node, cli, ...words], {})
  return run(node, ['--import', preload, cli, ...words], {
    REFUSALS: spelled.join(' '),
    CHANGE_CALLER: fixture('change-caller', 'library'),
  })
}
