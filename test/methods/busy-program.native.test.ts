import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {closeSync, copyFileSync, existsSync, openSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openZygote, runPlan} from '../../dist/methods/spawn.js'
import {methods} from '../../src/methods/method.js'
import {signalName} from '../../src/plan/signals.js'
import {failure, type Zygote} from '../helpers/failure.js'
import {fixture} from '../helpers/fixture.js'
import {openDirectory} from '../helpers/observe.js'
import {planFor} from '../helpers/plans.js'

/** Those whose child is made by a copy of the caller, and goes on trying. */
const ours = ['fork', 'vfork', 'clone', 'clone-vm'] as const
const {SIGUSR2} = constants.signals
const directory = openDirectory()
const path = (name: string) => join(directory.path, name)
let zygote: Zygote
beforeAll(() => {
  zygote = openZygote()
  return () => zygote.close()
})
afterAll(directory.remove)

/** Linux 6.11 and 6.12 let a file that is open for writing be executed. */
function isBusyProgramRefused(): boolean {
  const program = path('program')
  copyFileSync('/bin/true', program)
  const fd = openSync(program, 'r+')
  try {
    return (failure('clone', planFor(program)) as {failure?: {errno?: string}}).failure?.errno === 'ETXTBSY'
  } catch {
    return false
  } finally {
    closeSync(fd)
  }
}

const busyIsRefused = isBusyProgramRefused()

describe.skipIf(!busyIsRefused)('a program that is open for writing # needs a kernel that refuses it', () => {
  it.each(methods)('is said to be busy after some tries, by %s', method => {
    const fd = openSync(path('program'), 'r+')
    try {
      expect(failure(method, planFor(path('program')), zygote)).toMatchObject({
        code: 'E_EXEC',
        exitCode: 126,
        why: 'the file is still open for writing somewhere',
        failure: {errno: 'ETXTBSY', method},
      })
    } finally {
      closeSync(fd)
    }
  })

  it.each(methods)('is waited for while another process closes it, by %s', {retry: 5}, async method => {
    const program = path(`busy-${method}`)
    if (!existsSync(program)) copyFileSync('/bin/true', program)
    const holder = spawn('sh', ['-c', 'exec 3<>"$1"; echo open; exec sleep 0.01', 'sh', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    const ran = runPlan(planFor(program), method)
    expect(ran.exitCode).toBe(0)
    expect(ran.spawnToExecNs, 'the first try failed, and a pause followed').toBeGreaterThan(1e6)
    await once(holder, 'exit')
  })
  it.each(ours)(
    'lets a signal end the child meanwhile, with no handler of the caller’s, by %s',
    {retry: 5},
    async method => {
      const program = path('program')
      const fd = openSync(program, 'r+')
      const sender = spawn(fixture('signal-next-child'), [String(process.pid), String(SIGUSR2)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      try {
        await once(sender.stdout, 'data')
        expect(endOf(() => runPlan(planFor(program), method))).toBe('SIGUSR2')
      } finally {
        closeSync(fd)
        await once(sender, 'exit')
      }
    },
  )
})

/** The signal that ended the child, before its execve or after it was begun. */
function endOf(run: () => {signal: number | null}): string | undefined {
  try {
    return signalName(run().signal ?? 0)
  } catch (error) {
    return /killed by (\w+) before/.exec((error as Error).message)?.[1]
  }
}
