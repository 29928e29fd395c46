import {isMethod, type Method} from '../methods/method.js'
import {openNativeRunner} from './native-runner.js'
import {openNodeRunner} from './node-runner.js'
import {openPeers} from './peers/open-peers.js'
import type {BenchProgram} from './program.js'
import type {BenchRequest} from './request.js'
import type {Warning} from './result.js'
import type {Runner} from './runner.js'

/**
 * Starts what measures the rows and peers asked for.
 * @returns also what to say of peers that are not installed
 * @throws {SpawnctlError} none of them is left running then
 */
export async function openRunners(
  {rows, peers}: Pick<BenchRequest, 'rows' | 'peers'>,
  program: BenchProgram,
): Promise<{readonly runners: readonly Runner[]; readonly leftOut: readonly Warning[]}> {
  const methods: readonly Method[] = rows.filter(isMethod)
  const nodeRows = rows.filter(row => !isMethod(row))
  const runners: Runner[] = []
  try {
    if (methods.length > 0) runners.push(await openNativeRunner(program, methods))
    if (nodeRows.length > 0) runners.push(await openNodeRunner(program, nodeRows))
    const opened = await openPeers(peers, program)
    return {runners: [...runners, ...opened.runners], leftOut: opened.leftOut}
  } catch (error) {
    await Promise.all(runners.map(runner => runner.close()))
    throw error
  }
}
