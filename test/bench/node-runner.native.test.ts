import {spawn} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {setTimeout as pause} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'
import {openNodeRunner} from '../../dist/bench/node-runner.js'
import {benchProgram} from '../../dist/bench/program.js'
import {nodeRows} from '../../src/bench/options.js'
import {noBallast} from '../helpers/fake-runner.js'
import {has} from '../helpers/needs.js'
import {checkRunner, expectTruth, withRunner} from '../helpers/runner-check.js'
import {trace} from '../helpers/strace.js'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const rows = Object.values(nodeRows)
const pollMs = 20
const patienceMs = 10_000

/** The names of what lives in a session; proc_pid_stat(5). */
function namesInSession(session: number): readonly string[] {
  return readdirSync('/proc').flatMap(pid => {
    try {
      const [, name, state, id] = /\((.*)\) (\S) \d+ \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      return Number(id) === session && state !== 'Z' ? [name as string] : []
    } catch {
      return [] // no process, or no longer one
    }
  })
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + patienceMs; !condition() && Date.now() < end; ) await pause(pollMs)
}

describe('the Node runner', () => {
  checkRunner(program => openNodeRunner(program, rows), rows)

  it.skipIf(!has.strace)('says which system calls create the children # needs strace', () => {
    const request = JSON.stringify({path: '/bin/true', args: []})
    const words = [process.execPath, '--expose-gc', `${dist}/bench/node-runner-process.js`, request]
    const traced = trace(words, rows.map(row => `run ${row} 2\n`).join(''))
    expectTruth(traced, '/bin/true')
    expect(traced.stdout).toMatch(/^done clone-vm$/m)
  })

  it('measures Node’s own spawn even where NODE_OPTIONS puts register in its place', async () => {
    const program = benchProgram(['/bin/true'])
    const env = {...program.env, NODE_OPTIONS: `--require ${dist}/register.cjs`}
    const said = async (env: Readonly<Record<string, string>>) =>
      withRunner(
        program => openNodeRunner(program, rows),
        {...program, env},
        async runner => (await runner.run(nodeRows.node, 1)).systemCall,
      )
    expect(await said(env)).toBe(await said(program.env))
  })

  it('ends with the process that has started it, even when that is killed, and so does what it has spawned', async () => {
    const script = `
      import {openNodeRunner} from '${dist}/bench/node-runner.js'
      const program = {path: '/bin/sleep', args: ['1000'], env: process.env}
      const runner = await openNodeRunner(program, ['${nodeRows.node}'])
      console.log(runner.pid)
      await runner.run('${nodeRows.node}', 1)`
    const driver = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const session = await new Promise<number>(resolve => driver.stdout.once('data', text => resolve(Number(text))))
    await until(() => namesInSession(session).includes('sleep'))
    expect(namesInSession(session)).toEqual(expect.arrayContaining(['node', 'sleep']))
    driver.kill('SIGKILL')
    await until(() => namesInSession(session).length === 0)
    expect(namesInSession(session)).toEqual([])
  })

  it('does not take what it does not know', async () => {
    await withRunner(
      program => openNodeRunner(program, rows),
      benchProgram(['/bin/true']),
      async runner => {
        await expect(runner.run('spoon', 1)).rejects.toMatchObject({why: 'run spoon 1: there is nothing to do'})
        await runner.carry(noBallast)
      },
    )
  })
})
