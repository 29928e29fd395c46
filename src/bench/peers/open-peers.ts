import {UsageError} from '../../errors.js'
import type {ProcessRunner} from '../process-runner.js'
import type {BenchProgram} from '../program.js'
import type {Warning} from '../result.js'
import {openTethered} from '../tethered-runner.js'
import {type PeerCommand, peerCommand} from './command.js'
import {type Language, languages} from './languages.js'

/** @throws {UsageError} for a name that is no language here */
export function checkPeers(names: readonly string[]): void {
  const unknown = names.find(name => !Object.hasOwn(languages, name))
  if (unknown === undefined) return
  throw new UsageError(`--peers does not know "${unknown}"`, {next: `some of ${Object.keys(languages).join(',')}`})
}

type Ready = Extract<PeerCommand, {state: 'ready'}>

function open(name: string, {file, args}: Ready, program: BenchProgram): Promise<ProcessRunner> {
  return openTethered({
    name: `the ${name} runner`,
    rows: [name],
    program: program.path,
    file,
    args: [...args, program.path, ...program.args],
    env: program.env,
    hugePages: (languages[name] as Language).hugePages,
  })
}

/**
 * Starts a process for each language that is installed.
 * @returns also what to say of those that are not
 * @throws {SpawnctlError} for an unknown name, a program that does not compile, a process that does not start
 */
export async function openPeers(
  names: readonly string[],
  program: BenchProgram,
): Promise<{readonly runners: readonly ProcessRunner[]; readonly leftOut: readonly Warning[]}> {
  checkPeers(names)
  const runners: ProcessRunner[] = []
  const leftOut: Warning[] = []
  try {
    for (const name of names) {
      const command = await peerCommand(name)
      if (command.state === 'ready') runners.push(await open(name, command, program))
      else leftOut.push({code: 'left-out', message: `${name}: not measured: ${command.why}.`, next: command.next})
    }
  } catch (error) {
    await Promise.all(runners.map(runner => runner.close()))
    throw error
  }
  return {runners, leftOut}
}
