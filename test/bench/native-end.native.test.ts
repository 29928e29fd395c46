import {spawn, spawnSync} from 'node:child_process'
import {setTimeout as pause} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'
import {withNative} from '../helpers/native-runner.js'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const pollMs = 20
const patienceMs = 10_000

/** Those of this session that are not dead. */
function aliveIn(session: number): string[] {
  const {stdout} = spawnSync('ps', ['-eo', 'args=,sid=,stat='], {encoding: 'utf8'})
  return stdout.split('\n').filter(line => new RegExp(`\\s${session}\\s+[^ZX\\s]\\S*$`).test(line))
}

async function untilNobodyIsIn(session: number): Promise<void> {
  for (const end = Date.now() + patienceMs; aliveIn(session).length > 0 && Date.now() < end; ) await pause(pollMs)
  expect(aliveIn(session)).toEqual([])
}

describe('the end of the native runner', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('by %s from outside is told, and takes everybody with it', async signal => {
    await withNative(['/bin/sleep', '1000'], async runner => {
      const failure = expect(runner.run('fork', 1)).rejects.toMatchObject({
        code: 'E_BENCH_RUNNER',
        message: 'the native runner was killed by SIGKILL',
      })
      for (const end = Date.now() + patienceMs; aliveIn(runner.pid!).length < 3 && Date.now() < end; )
        await pause(pollMs)
      expect(aliveIn(runner.pid!)).toHaveLength(3)
      process.kill(runner.pid!, signal)
      await failure
      await untilNobodyIsIn(runner.pid!)
    })
  })

  it('comes with close, whatever runs', async () => {
    await withNative(['/bin/sleep', '1000'], async runner => {
      const failure = expect(runner.run('zygote', 1)).rejects.toThrow('the native runner was closed')
      await runner.close()
      await failure
      await untilNobodyIsIn(runner.pid!)
    })
  })

  it.each(['fork', 'zygote'])(
    'comes with the driver’s, even when that is killed while a program of %s runs',
    async method => {
      const script = `
      import {openNativeRunner} from '${dist}/bench/native-runner.js'
      const program = {path: '/bin/sleep', args: ['1000'], env: process.env}
      const runner = await openNativeRunner(program, ['fork', 'zygote'])
      await runner.carry({memoryBytes: 0, mappings: 0, thp: 'never', mappedBytes: 0, threads: 2})
      runner.run('${method}', 1)
      console.log(runner.pid)`
      const driver = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const session = await new Promise<number>(resolve => driver.stdout.once('data', text => resolve(Number(text))))
      for (const end = Date.now() + patienceMs; aliveIn(session).length < 3 && Date.now() < end; ) await pause(pollMs)
      expect(aliveIn(session)).toHaveLength(3)
      driver.kill('SIGKILL')
      await untilNobodyIsIn(session)
    },
  )
})
