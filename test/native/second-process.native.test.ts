import {spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {methods} from '../../src/methods/method.js'
import {has} from '../helpers/needs.js'
import {childrenOf, cli, node, processesWith, runProgram, startCli, until} from '../helpers/run-cli.js'

const capable = methods.filter(method => method !== 'posix_spawn')
const home = mkdtempSync(join(tmpdir(), 'spawnctl-second-'))
afterAll(() => rmSync(home, {recursive: true, force: true}))

let runs = 0
const marker = () => ({SPAWNCTL_SECOND_RUN: `${process.pid}-${++runs}`})
const entryOf = (env: Readonly<Record<string, string>>) => Object.entries(env).map(([k, v]) => `${k}=${v}`)[0] as string

const kill = (pid: number) => process.kill(pid, 'SIGKILL')

/** Three processes where the first is not in the pid namespace, two where it is: the program is the last. */
const chains = ['fork', 'vfork', 'clone'] as const

describe.skipIf(!has.unshare).concurrent('the processes before the program # needs root and namespaces', () => {
  it.each(chains.flatMap(method => [[method, []] as const, [method, ['--pdeathsig', 'TERM']] as const]))(
    'end it, each in the place of the one before, when the first is killed: %s %j',
    async (method, words) => {
      const env = marker()
      const running = startCli(['exec', '-m', method, '--unshare', 'pid', '--init', ...words, '--', 'sleep', '1007'], {
        env,
      })
      const isProgram = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n'
      await until('the program', () => processesWith(entryOf(env)).some(isProgram))
      const below = childrenOf(running.pid)
      const first = words.length === 0 ? below : below.flatMap(childrenOf) // below the keeper
      expect(first).toHaveLength(1)
      kill(first[0] as number)
      await running.ended
      await until('the end of all', () => processesWith(entryOf(env)).length === 0)
    },
  )
})

/** Each call of this name is held up; what happens to the processes is written to the file. */
const slowly = (file: string, call: string) => [
  ...['-f', '-o', file, '-e', `trace=${call},exit_group`, '-e', `inject=${call}:delay_enter=400000`],
  ...[node, cli, 'exec'],
]

describe.skipIf(!has.unshare || !has.strace).concurrent.each(capable)(
  'a second process, by %s, # needs root, namespaces and strace',
  method => {
    it('keeps its memory when its maker is killed, and ends by itself', async () => {
      const trace = join(home, `killed-${method}`)
      writeFileSync(trace, '')
      const words = ['-m', method, '--unshare', 'pid,uts', '--init', '--hostname', 'box', '--', 'true']
      const run = runProgram('strace', [...slowly(trace, 'sethostname'), ...words])
      const held = /^(\d+) +sethostname\(/m
      const pid = await until('the step', () => held.exec(readFileSync(trace, 'utf8'))?.[1])
      const [, maker] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      kill(Number(maker))
      const {status, stderr} = await run
      const ends = readFileSync(trace, 'utf8')
      expect(ends).not.toContain('SIGSEGV')
      expect(ends).toMatch(new RegExp(`^${pid} +\\+\\+\\+ (exited with 127|killed by SIGKILL) \\+\\+\\+$`, 'm'))
      expect({status, stderr}).toMatchObject({
        status: 125,
        stderr: expect.stringMatching(/the child (was killed by SIGKILL|exited with 137) before it/),
      })
    })
  },
)

describe
  .skipIf(!has.unshare || !has.strace)
  .concurrent('a caller that ends before the death signal is asked for # needs root, namespaces and strace', () => {
    it.each(
      capable.flatMap(method =>
        [[], ['--unshare', 'pid'], ['--unshare', 'pid', '--init']].map(words => [method, words] as const),
      ),
    )('takes the child along: %s %j', async (method, words) => {
      const trace = join(home, `caller-${method}-${words.length}`)
      writeFileSync(trace, '')
      const env = marker()
      // Not by exec, whose keeper would be the caller.
      const script = join(home, `caller-${method}-${words.length}.mjs`)
      const library = new URL('../../dist/index.js', import.meta.url).href
      const steps = [
        {kind: 'pdeathsig', signal: 9},
        ...(words.length > 0 ? [{kind: 'unshare', namespaces: ['pid']}] : []),
        ...(words.includes('--init') ? [{kind: 'init'}] : []),
      ]
      const plan = {file: '/bin/sleep', argv: ['sleep', '1008'], env: [entryOf(env)], steps}
      writeFileSync(
        script,
        `import {launch, makePlan, Zygote} from ${JSON.stringify(library)}
        const zygote = ${method === 'zygote' ? 'new Zygote()' : 'undefined'}
        console.log('ready')
        launch(makePlan(${JSON.stringify(plan)}), ${JSON.stringify(method)}, zygote)`,
      )
      const held = ['-f', '-o', trace, '-e', 'trace=prctl', '-e', 'inject=prctl:delay_enter=400000', node, script]
      const strace = spawn('strace', held, {stdio: 'ignore'})
      const pids = /^(\d+) +prctl\(PR_SET_PDEATHSIG/m
      await until('the step', () => pids.exec(readFileSync(trace, 'utf8')))
      kill(childrenOf(strace.pid as number)[0] as number)
      await new Promise(resolve => strace.on('exit', resolve))
      expect(processesWith(entryOf(env))).toEqual([])
      expect(readFileSync(trace, 'utf8')).not.toContain('SIGSEGV')
    })
  })
