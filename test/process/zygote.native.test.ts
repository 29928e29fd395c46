import {once} from 'node:events'
import {afterEach, describe, expect, it} from 'vitest'
import {execFileSync, makePlan, SpawnError, spawn, Zygote} from '../../dist/index.js'
import {launch} from '../../dist/process/launch.js'
import {ended} from '../helpers/ended.js'

const opened: Zygote[] = []
const open = () => {
  const zygote = new Zygote()
  opened.push(zygote)
  return zygote
}
afterEach(() => {
  for (const zygote of opened.splice(0)) zygote.close()
})

describe('a Zygote', () => {
  it('spawns children that are this process’s own', async () => {
    const child = open().spawn('sh', ['-c', 'echo $PPID'], {umask: 0o77})
    expect(child.method).toBe('zygote')
    expect((await ended(child)).stdout).toBe(`${process.pid}\n`)
  })

  it('serves every call of the library that names it', async () => {
    const zygote = open()
    expect((await ended(spawn('echo', ['x'], {zygote}))).stdout).toBe('x\n')
    expect(execFileSync('echo', ['x'], {zygote, encoding: 'utf8'})).toBe('x\n')
    const plan = makePlan({file: '/bin/true', argv: ['true'], env: [], steps: []})
    expect(await launch(plan, 'zygote', zygote).exit).toEqual({state: 'exited', code: 0})
  })

  it('is one of several', async () => {
    const [a, b] = [open(), open()]
    expect(a.pid).not.toBe(b.pid)
    a.close()
    expect((await ended(b.spawn('echo', ['b']))).stdout).toBe('b\n')
  })

  it('tells of its death, and refuses from then on', async () => {
    const zygote = open()
    process.kill(zygote.pid, 'SIGKILL')
    expect(await zygote.exit).toEqual({state: 'signaled', signal: 'SIGKILL', coreDumped: false})
    expect(() => zygote.spawn('true')).toThrow(SpawnError)
    expect(() => zygote.spawn('true')).toThrow(
      expect.objectContaining({failure: expect.objectContaining({stage: 'zygote'})}),
    )
  })

  it('ends when it is disposed of, and its children do not', async () => {
    const zygote = new Zygote()
    const child = zygote.spawn('cat')
    zygote[Symbol.dispose]()
    zygote.close()
    expect(await zygote.exit).toEqual({state: 'exited', code: 0})
    expect(() => zygote.spawn('true')).toThrow(/zygote is gone/)
    child.stdin?.end('still here')
    expect((await ended(child)).stdout).toBe('still here')
  })

  it('ends when it is closed also if it was stopped', async () => {
    const zygote = open()
    process.kill(zygote.pid, 'SIGSTOP')
    zygote.close()
    expect(await zygote.exit).toEqual({state: 'exited', code: 0})
  })

  it('keeps no event loop alive', async () => {
    const library = new URL('../../dist/library.cjs', import.meta.url).pathname
    const script = `const {Zygote} = require(${JSON.stringify(library)}); new Zygote().exit.then(() => console.log('told'))`
    const child = spawn(process.execPath, ['-e', script])
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  })
})
