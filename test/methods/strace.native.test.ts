import {describe, expect, it} from 'vitest'
import {type Method, methods} from '../../src/methods/method.js'
import {has} from '../helpers/needs.js'
import {type Trace, type TracedCall, traceCli} from '../helpers/strace.js'

const creations = ['fork', 'vfork', 'clone', 'clone3']
const childStackBytes = '0x10000'

/** How one process made another: the call, its flags, and who called it. */
interface Creation {
  name: string
  flags: ReadonlySet<string>
  /** With clone3 only. */
  stackBytes: string | undefined
  maker: number
}

function creationOf(pid: number, calls: readonly TracedCall[]): Creation {
  const makers = calls.filter(call => creations.includes(call.name) && call.result === pid)
  expect(makers, `process ${pid} was made once`).toHaveLength(1)
  const [{name, args, pid: maker}] = makers as [TracedCall]
  const flags = new Set(/flags=([A-Z_|0-9a-z]+)/.exec(args)?.[1]?.split('|'))
  return {name, flags, stackBytes: /stack_size=(0x[0-9a-f]+)/.exec(args)?.[1], maker}
}

/** Node's own threads are no processes. */
function processCreations(calls: readonly TracedCall[]): readonly TracedCall[] {
  return calls.filter(call => creations.includes(call.name) && !call.args.includes('CLONE_THREAD'))
}

const traces = new Map<Method, Trace>()

function trace(method: Method) {
  const traced = traces.get(method) ?? traceCli(['exec', '--method', method, '--', '/bin/echo', 'hello'])
  traces.set(method, traced)
  const {stdout, status, calls} = traced
  expect({stdout, status}).toEqual({stdout: 'hello\n', status: 0})
  const main = calls[0]?.pid as number
  const execs = calls.filter(call => call.name === 'execve' && call.result === 0)
  const echo = execs.find(call => call.args.startsWith('"/bin/echo"'))?.pid as number
  return {calls, main, echo, execs, creation: creationOf(echo, calls)}
}

/** How the program's process comes to exist, as the kernel sees it. */
const verify: Readonly<Record<Exclude<Method, 'zygote'>, (creation: Creation) => void>> = {
  fork({name, flags}) {
    expect(name).toMatch(/^(fork|clone|clone3)$/)
    expect(flags).not.toContain('CLONE_VM')
    expect(flags).not.toContain('CLONE_VFORK')
  },
  vfork({name, flags}) {
    if (name !== 'vfork') expect([...flags]).toEqual(expect.arrayContaining(['CLONE_VM', 'CLONE_VFORK']))
  },
  posix_spawn({flags, stackBytes}) {
    expect([...flags]).toEqual(expect.arrayContaining(['CLONE_VM', 'CLONE_VFORK']))
    expect(flags, 'that is how ours asks for a pidfd').not.toContain('CLONE_PIDFD')
    expect(stackBytes, 'libc’s stack, not ours').not.toBe(childStackBytes)
  },
  clone({name, flags, stackBytes}) {
    expect(name).toMatch(/^clone3?$/)
    expect([...flags]).toEqual(expect.arrayContaining(['CLONE_VM', 'CLONE_VFORK', 'CLONE_PIDFD']))
    if (name === 'clone3') expect(stackBytes).toBe(childStackBytes)
  },
  'clone-vm'({name, flags, stackBytes}) {
    expect(name).toMatch(/^clone3?$/)
    expect([...flags]).toEqual(expect.arrayContaining(['CLONE_VM', 'CLONE_PIDFD']))
    expect(flags).not.toContain('CLONE_VFORK')
    if (name === 'clone3') expect(stackBytes).toBe(childStackBytes)
  },
}

describe.skipIf(!has.strace)('the system calls of exec # needs strace', () => {
  it.each(Object.keys(verify) as (keyof typeof verify)[])('create the child by %s, and no other process', method => {
    const {calls, main, creation} = trace(method)
    expect(creation.maker).toBe(main)
    verify[method](creation)
    expect(processCreations(calls)).toHaveLength(1)
  })

  it('let the zygote create the child, which is the caller’s own', () => {
    const {calls, main, echo, execs, creation} = trace('zygote')
    const zygote = execs.find(call => /^"[^"]*\/spawnctl-zygote"/.test(call.args))?.pid as number
    expect(creation).toMatchObject({name: 'clone', maker: zygote})
    expect([...creation.flags]).toEqual(['CLONE_PARENT', 'CLONE_PARENT_SETTID', 'SIGCHLD'])
    expect(creationOf(zygote, calls).maker).toBe(main)
    expect(processCreations(calls)).toHaveLength(2)
    const waits = calls.filter(call => call.name === 'waitid' && call.args.includes(`si_pid=${echo}`))
    expect(new Set(waits.map(({pid}) => pid))).toEqual(new Set([main]))
  })

  it.each(methods)('of %s execute the program once, and nothing else', method => {
    const {execs, main} = trace(method)
    const programs = execs.filter(({pid}) => pid !== main).map(({args}) => /^"[^"]*?([^/"]*)"/.exec(args)?.[1])
    expect(programs).toEqual(method === 'zygote' ? ['spawnctl-zygote', 'echo'] : ['echo'])
  })
})
