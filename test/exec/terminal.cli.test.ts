import {existsSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {describe, expect, it as plainIt} from 'vitest'
import {posixSpawnFeatures} from '../../dist/native/core.js'
import {methods} from '../../src/methods/method.js'
import {fixture} from '../helpers/fixture.js'
import {has} from '../helpers/needs.js'
import {fewTicks, parentOf, ticksWhileHeld} from '../helpers/processor-time.js'
import {until} from '../helpers/run-cli.js'
import {hasTmux, Terminal} from '../helpers/terminal.js'

/** One way of each kind; what is cheap is tried with all six. */
const kinds = ['clone', 'fork', 'posix_spawn', 'zygote'] as const

const counter = fixture('count-signals')

/** Programs, as scripts in the terminal's working directory. */
const scripts = {
  sleep: 'echo started; exec sleep 100',
  /** Shows that it goes on. */
  tick: 'i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done',
  stopItself: 'echo started; kill -STOP $$; echo went on; exit 6',
  endOnInterrupt: `trap 'echo cleaned up; exit 0' INT; echo started; while :; do sleep 0.02; done`,
  exitOnInterrupt: `trap 'exit 130' INT; echo started; while :; do sleep 0.02; done`,
  noteHangup: `trap 'echo hangup >>noted; exit' HUP; echo started; while :; do sleep 0.02; done`,
}

const it = plainIt.extend<{terminal: Terminal}>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
  terminal: async ({}, use) => {
    const terminal = await Terminal.open()
    try {
      for (const [name, script] of Object.entries(scripts)) writeFileSync(terminal.path(name), script)
      await use(terminal)
    } finally {
      await terminal.close()
    }
  },
})

/** The outer shell has its keys and its settings back, and nothing is left running. */
async function expectGivenBack(terminal: Terminal, settings: string): Promise<void> {
  expect(await terminal.answer('stty -g')).toBe(settings)
  expect(await terminal.answer('jobs')).toBe('')
  await until('the shell to have the terminal', () => terminal.isShells())
  await until('the end of everything else', () => terminal.processes().length === 0)
}

/** Of the counter: each Ctrl-C reaches it once, and its exit code counts. */
async function expectThreeInterrupts(terminal: Terminal): Promise<void> {
  await terminal.until(/^ready$/m)
  for (const n of [1, 2, 3]) {
    await terminal.press('C-c')
    await terminal.until(new RegExp(`^(\\^C)?INT ${n}$`, 'm'))
  }
  writeFileSync(terminal.path('stop'), '')
  await terminal.until(/^INT=3$/m)
  expect(await terminal.answer('echo $?')).toBe('40\n')
}

/** The last tick on the screen; it may follow a prompt. */
async function lastTick(terminal: Terminal): Promise<number> {
  const ticks = [...(await terminal.screen()).matchAll(/tick (\d+)$/gm)]
  return Number(ticks.at(-1)?.[1])
}

const tickAfter = (tick: number) => new RegExp(`tick ${tick + 2}$`, 'm')

/** Everything of the job stands still. The zygote blocks all signals: it only waits. The keeper has a clock to mind. */
async function untilStopped(terminal: Terminal): Promise<void> {
  await terminal.until(/^(\^Z)?\[1\]\+ +Stopped/m)
  const job = () => terminal.processes().filter(({name}) => name !== 'spawnctl-zygote' && name !== 'spawnctl-keeper')
  expect(job().length).toBeGreaterThanOrEqual(2)
  await until('every process of the job to be stopped', () => job().every(({state}) => state === 'T'))
}

/** A cat that was stopped by Ctrl-Z has the terminal again after fg, as often as that is done. */
async function expectCatContinues(terminal: Terminal, line: string, beforeFg = async () => {}): Promise<void> {
  await terminal.command(line)
  await until('cat', () => terminal.processes().some(({name}) => name === 'cat'))
  for (const word of ['one', 'two']) {
    await terminal.press('C-z')
    await untilStopped(terminal)
    await terminal.wipe()
    await beforeFg()
    await terminal.command('fg')
    await terminal.command(word)
    await terminal.until(new RegExp(`^${word}\n${word}$`, 'm'))
  }
  await terminal.press('C-d')
  expect(await terminal.answer('echo $?')).toBe('0\n')
}

const screenWithout = (text: string) => new RegExp(`^(?![^]*${text})`)

describe.runIf(hasTmux).concurrent('Ctrl-C', () => {
  it.for(methods)(
    'reaches a program started by %s exactly once, and its exit code counts',
    async (method, {terminal}) => {
      await terminal.command(`x -m ${method} -- ${counter} stop INT`)
      await expectThreeInterrupts(terminal)
    },
  )

  it.for(methods)('ends a program started by %s that does not catch it: 130', async (method, {terminal}) => {
    const settings = await terminal.answer('stty -g')
    await terminal.command(`x -m ${method} -- sh ./sleep`)
    await terminal.until(/^started$/m)
    await terminal.press('C-c')
    expect(await terminal.answer('echo $?')).toBe('130\n')
    await expectGivenBack(terminal, settings)
  })

  it.for(kinds)('ends a shell’s loop around a program started by %s', async (method, {terminal}) => {
    await terminal.command(`while true; do x -m ${method} -- sh ./sleep; done`)
    await terminal.until(/^started$/m)
    await terminal.press('C-c')
    expect(await terminal.answer('echo $?')).toBe('130\n')
    expect((await terminal.screen()).match(/^started$/gm)).toHaveLength(1)
  })

  it('is not taken for the end of an init by a program that only is called so', async ({terminal}) => {
    const words = '-m clone -a spawnctl-init -- sh ./exitOnInterrupt'
    await terminal.command(`for i in 1 2; do x ${words}; echo "round $i: $?"; done`)
    for (const round of [1, 2]) {
      await terminal.until(new RegExp(`(^started$[^]*){${round}}`, 'm'))
      await terminal.press('C-c')
      await terminal.until(new RegExp(`^(\\^C)?round ${round}: 130$`, 'm'))
    }
  })

  it.for(kinds)(
    'does not end the loop when a program started by %s takes it as its own',
    async (method, {terminal}) => {
      await terminal.command(`for i in 1 2; do x -m ${method} -- sh ./endOnInterrupt; echo "round $i: $?"; done`)
      for (const round of [1, 2]) {
        await terminal.until(new RegExp(`(^started$[^]*){${round}}`, 'm'))
        await terminal.press('C-c')
        await terminal.until(new RegExp(`^(\\^C)?cleaned up\\nround ${round}: 0$`, 'm'))
      }
    },
  )

  it.for(kinds)('reaches a program started by %s in a group of its own exactly once', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} --setpgid -- ${counter} stop INT`)
    await terminal.until(/^ready$/m)
    await terminal.press('C-c')
    await terminal.until(/^(\^C)?INT 1$/m)
    writeFileSync(terminal.path('stop'), '')
    await terminal.until(/^INT=1$/m)
    expect(await terminal.answer('echo $?')).toBe('40\n')
  })

  it.for(kinds)('ends a whole group of its own, started by %s', async (method, {terminal}) => {
    const settings = await terminal.answer('stty -g')
    await terminal.command(`x -m ${method} --setpgid -- sh -c 'echo started; sleep 100; echo not reached'`)
    await terminal.until(/^started$/m)
    await until('the second program', () => terminal.processes().some(({name}) => name === 'sleep'))
    await terminal.press('C-c')
    expect(await terminal.answer('echo $?')).toBe('130\n')
    await expectGivenBack(terminal, settings)
  })

  it.for(kinds)('has a sister, Ctrl-\\, that ends a program started by %s: 131', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- sh ./sleep`)
    await terminal.until(/^started$/m)
    await terminal.press('C-\\')
    expect(await terminal.answer('echo $?')).toBe('131\n')
  })
})

describe.runIf(hasTmux).concurrent('Ctrl-Z', () => {
  it.for(methods)('stops a program started by %s, and fg continues it, again and again', async (method, {terminal}) => {
    const settings = await terminal.answer('stty -g')
    await terminal.command(`x -m ${method} -- sh ./tick`)
    await terminal.until(/^tick 1$/m)
    for (let round = 0; round < 3; round++) {
      await terminal.press('C-z')
      await untilStopped(terminal)
      expect(await terminal.answer('jobs')).toMatch(
        new RegExp(`^\\[1\\]\\+ +Stopped .* exec -m ${method} -- sh ./tick\\n$`),
      )
      const tick = await lastTick(terminal)
      await terminal.wipe()
      await terminal.command('fg')
      await terminal.until(tickAfter(tick))
    }
    await terminal.press('C-c')
    expect(await terminal.answer('echo $?')).toBe('130\n')
    await expectGivenBack(terminal, settings)
  })

  it.for(kinds)('is for a program started by %s to catch, which then is not stopped', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- ${counter} stop TSTP`)
    await terminal.until(/^ready$/m)
    for (const n of [1, 2]) {
      await terminal.press('C-z')
      await terminal.until(new RegExp(`^(\\^Z)?TSTP ${n}$`, 'm'))
    }
    expect(terminal.isShells()).toBe(false)
    writeFileSync(terminal.path('stop'), '')
    await terminal.until(/^TSTP=2$/m)
    expect(await terminal.answer('echo $?')).toBe('40\n')
    expect(await terminal.screen()).not.toContain('Stopped')
  })

  it.for(kinds)('and bg: a program started by %s goes on while the shell is used', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- sh ./tick`)
    await terminal.until(/^tick 1$/m)
    await terminal.press('C-z')
    await untilStopped(terminal)
    const tick = await lastTick(terminal)
    await terminal.command('bg')
    await terminal.until(tickAfter(tick))
    expect(terminal.isShells()).toBe(true)
    await terminal.command('kill %1; wait %1; echo "status $?"')
    await terminal.until(/^status 143$/m)
    await until('the end of everything', () => terminal.processes().length === 0)
  })

  it.for(methods)('is also what a program started by %s does to itself alone', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- sh ./stopItself`)
    await untilStopped(terminal)
    await terminal.command('fg')
    await terminal.until(/^went on$/m)
    expect(await terminal.answer('echo $?')).toBe('6\n')
  })

  it.for(kinds)('comes by itself when a program started by %s reads in the background', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- cat &`)
    await until('its stop', () => terminal.processes().some(({name, state}) => name === 'cat' && state === 'T'))
    await terminal.press('Enter') // bash tells of its jobs before the next prompt
    await untilStopped(terminal)
    await terminal.command('fg')
    await terminal.type('typed\n')
    await terminal.until(/^typed\ntyped$/m)
    await terminal.press('C-d')
    expect(await terminal.answer('echo $?')).toBe('0\n')
  })
})

describe.runIf(hasTmux).concurrent('programs that use the whole terminal', () => {
  it.for(methods)('cat, started by %s, reads what is typed until Ctrl-D', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- cat`)
    await until('cat', () => terminal.processes().some(({name}) => name === 'cat'))
    await terminal.type('typed\n')
    await terminal.until(/^typed\ntyped$/m)
    await terminal.press('C-d')
    expect(await terminal.answer('echo $?')).toBe('0\n')
  })

  it.for(kinds)('less, started by %s, pages, is stopped and continued, and quits', async (method, {terminal}) => {
    const settings = await terminal.answer('stty -g')
    writeFileSync(terminal.path('long'), Array.from({length: 100}, (_, i) => `line ${i + 1}\n`).join(''))
    await terminal.command(`x -m ${method} -- less long`)
    for (let round = 0; round < 3; round++) {
      await terminal.until(/^line 29$/m)
      await terminal.press('C-z')
      await untilStopped(terminal)
      expect(await terminal.answer('echo "the shell is $((40 + 2))"')).toBe('the shell is 42\n')
      await terminal.wipe()
      await terminal.command('fg')
    }
    await terminal.until(/^line 29$/m)
    await terminal.press('G')
    await terminal.until(/^line 100$/m)
    await terminal.press('q')
    expect(await terminal.answer('echo $?')).toBe('0\n')
    await expectGivenBack(terminal, settings)
  })

  it.for(kinds)('vi, started by %s, edits a file, also after Ctrl-Z and fg', async (method, {terminal}) => {
    const settings = await terminal.answer('stty -g')
    const append = async (command: string, text: string) => {
      await terminal.type(`${command}${text}`)
      await terminal.until(new RegExp(`^${text}$[^]*-- INSERT --`, 'm'))
      await terminal.press('Escape')
      await terminal.until(screenWithout('-- INSERT --'))
    }
    await terminal.command(`x -m ${method} -- vi -u NONE -N -c 'set showmode' text`)
    await terminal.until(/^~$/m)
    await append('i', 'first line')
    await terminal.press('C-z')
    await untilStopped(terminal)
    expect(existsSync(terminal.path('text'))).toBe(false)
    await terminal.command('fg')
    await terminal.until(/^first line\n~$/m)
    await append('o', 'second line')
    await terminal.type(':wq\n')
    expect(await terminal.answer('echo $?')).toBe('0\n')
    expect(readFileSync(terminal.path('text'), 'utf8')).toBe('first line\nsecond line\n')
    await expectGivenBack(terminal, settings)
  })

  it.for(kinds)('bash, started by %s, has its own prompt, Ctrl-C and jobs', async (method, {terminal}) => {
    const settings = await terminal.answer('stty -g')
    const shell = "env PS1='inner$ ' bash --norc --noprofile -i"
    await terminal.command(`x -m ${method} -- ${shell}`)
    await terminal.until(/^inner\$/m)
    await terminal.command('echo "inside $((40 + 2))"')
    await terminal.until(/^inside 42$/m)

    await terminal.command('sh ./sleep')
    await terminal.until(/^started$/m)
    await terminal.press('C-c')
    await terminal.command('echo "interrupted: $?"')
    await terminal.until(/^interrupted: 130$/m)

    await terminal.type('half a line')
    await terminal.press('C-c')
    await terminal.command('echo "abandoned: $?"')
    await terminal.until(/^abandoned: 130$/m)

    await terminal.command('sh ./sleep')
    await terminal.until(/^started$/m)
    await terminal.press('C-z')
    await terminal.until(/^(\^Z)?\[1\]\+ +Stopped .*\.\/sleep$/m)
    await terminal.command('clear; jobs')
    await terminal.until(/^\[1\]\+ +Stopped .*\.\/sleep$/m)
    await terminal.command('clear; fg')
    await until('the job', () => terminal.processes().some(({name, state}) => name === 'sleep' && state === 'S'))
    await terminal.press('C-c')
    await terminal.command('echo "after fg: $?"')
    await terminal.until(/^after fg: 130$/m)

    await terminal.command('exit 3')
    expect(await terminal.answer('echo $?')).toBe('3\n')
    await expectGivenBack(terminal, settings)
  })

  it.for(kinds)('bash, started by %s, may suspend itself', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- env PS1='inner$ ' bash --norc --noprofile -i`)
    await terminal.until(/^inner\$/m)
    await terminal.command('suspend')
    await untilStopped(terminal)
    await terminal.command('clear; fg')
    await terminal.until(/^inner\$/m)
    await terminal.command('echo "back $((40 + 2))"')
    await terminal.until(/^back 42$/m)
    await terminal.command('exit 4')
    expect(await terminal.answer('echo $?')).toBe('4\n')
  })
})

describe.runIf(hasTmux).concurrent('the terminal itself', () => {
  async function resizes(terminal: Terminal, command: string): Promise<string> {
    await terminal.resize(120, 30)
    await terminal.wipe()
    // Short enough for one line: what bash makes of one that the new width breaks is no matter of ours.
    symlinkSync(counter, terminal.path('counter'))
    await terminal.command(`rm -f stop; ${command}; rm counter`)
    await terminal.until(/^ready$/m)
    for (let n = 1; n <= 10; n++) {
      await terminal.resize(120 + n, 30)
      await terminal.until(new RegExp(`^WINCH ${n}$`, 'm'))
    }
    writeFileSync(terminal.path('stop'), '')
    return (await terminal.until(/^WINCH=\d+$/m))[0]
  }

  it.for(methods)(
    'tells a program started by %s of its new size as often as without spawnctl',
    async (method, {terminal}) => {
      expect(await resizes(terminal, './counter stop WINCH')).toBe('WINCH=10')
      expect(await resizes(terminal, `x -m ${method} -- ./counter stop WINCH`)).toBe('WINCH=10')
      expect(await terminal.answer(`x -m ${method} -- stty size`)).toBe('30 130\n')
    },
  )

  it.for(kinds)('tells a program started by %s in a group of its own as often', async (method, {terminal}) => {
    expect(await resizes(terminal, `x -m ${method} --setpgid -- ./counter stop WINCH`)).toBe('WINCH=10')
  })

  it.for(methods)('keeps what a program started by %s has set', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- stty -echo; stty -a >settings; stty echo; echo "d"one`)
    await terminal.until(/^done$/m)
    expect(readFileSync(terminal.path('settings'), 'utf8')).toMatch(/ -echo /)
    expect(await terminal.answer('stty -a')).toMatch(/ echo /)
  })

  it.for(methods)(
    'hangs a program started by %s up when it is closed, and nothing is left',
    async (method, {terminal}) => {
      await terminal.command(`x -m ${method} -- sh ./noteHangup`)
      await terminal.until(/^started$/m)
      await terminal.hangUp()
      await until('the end of everything', () => !terminal.hasShell() && terminal.processes().length === 0)
      // bash hangs its job up, which is spawnctl and the program, by kill: the program's own, and the one passed on.
      expect(readFileSync(terminal.path('noted'), 'utf8')).toMatch(/^(hangup\n){1,2}$/)
    },
  )

  it.for(kinds)('ends a program started by %s that does not care when it is closed', async (method, {terminal}) => {
    await terminal.command(`x -m ${method} -- sh ./sleep`)
    await terminal.until(/^started$/m)
    await terminal.hangUp()
    await until('the end of everything', () => !terminal.hasShell() && terminal.processes().length === 0)
  })
})

describe.runIf(hasTmux).concurrent('a program with a time that is stopped', () => {
  it('by reading in the background is ended all the same', async ({terminal}) => {
    await terminal.command('x -m clone --timeout 1 -- cat &')
    await until('the end of all', () => terminal.processes().length === 0)
    expect(await terminal.answer('jobs')).not.toContain('Stopped')
  })

  it('in a script, which nobody would continue, is ended all the same', async ({terminal}) => {
    await terminal.command(`bash -c '"$@"; echo code $?' bash $NODE $CLI exec -m clone --timeout 1 -- cat`)
    await terminal.until(/^code 124$/m)
  })

  it('is a stopped job, and goes on with it', async ({terminal}) => {
    await terminal.command('x -m clone --timeout 100 -- sh ./sleep')
    await terminal.until(/^started$/m)
    await terminal.press('C-z')
    await until('the shell to have the terminal', () => terminal.isShells())
    await terminal.command('fg')
    await until('the program to have the terminal', () => !terminal.isShells())
    await terminal.press('C-c')
    await terminal.command('echo code $?')
    await terminal.until(/^code 130$/m)
  })
})

describe.runIf(hasTmux).concurrent('a program with a time, in a session of its own', () => {
  const line = (words: string) => `x -m clone --setsid --timeout ${words} </dev/null`

  it('does not stop with the job, nor does its time', async ({terminal}) => {
    await terminal.command(line('1 -- sh ./sleep'))
    await terminal.until(/^started$/m)
    await terminal.press('C-z')
    await terminal.until(/^(\^Z)?\[1\]\+ +Stopped/m)
    const keeper = () => terminal.processes().find(({name}) => name === 'spawnctl-keeper')
    await until('the end of the keeper', () => keeper()?.state === 'Z')
    await terminal.wipe()
    await terminal.command('fg; echo code $?')
    await terminal.until(/^code 124$/m)
  })

  it('is waited for again by a job that goes on', async ({terminal}) => {
    await terminal.command(line('100 -- sh -c "echo started; until [ -e stop ]; do sleep 0.05; done; exit 6"'))
    await terminal.until(/^started$/m)
    for (let round = 0; round < 2; round++) {
      await terminal.press('C-z')
      await terminal.until(/^(\^Z)?\[1\]\+ +Stopped/m)
      await terminal.wipe()
      await terminal.command('fg')
      await until('the job', () => !terminal.isShells())
    }
    writeFileSync(terminal.path('stop'), '')
    expect(await terminal.answer('echo $?')).toBe('6\n')
  })

  it('has no job to stop where no shell could continue it', async ({terminal}) => {
    await terminal.command(`setsid -c -w "$NODE" "$CLI" exec --setsid --timeout 1 -- sh ./sleep; echo code $?`)
    await terminal.until(/^started$/m)
    await terminal.press('C-z')
    await terminal.until(/^(\^Z)?code 124$/m)
  })
})

describe.runIf(hasTmux).concurrent('--foreground', () => {
  it.for([
    'clone',
    'clone-vm',
    'fork',
    'vfork',
    'zygote',
    ...(posixSpawnFeatures().tcsetpgrp ? (['posix_spawn'] as const) : []),
  ] as const)(
    'lets a program in a group of its own, made by %s, read, stop and end at the terminal',
    async (method, {terminal}) => {
      const settings = await terminal.answer('stty -g')
      await terminal.command(`x -m ${method} --foreground -- cat`)
      await terminal.command('one')
      await terminal.until(/^one\none$/m)
      await terminal.press('C-z')
      await untilStopped(terminal)
      await until('the shell to have the terminal', () => terminal.isShells())
      await terminal.command('fg')
      await terminal.command('two')
      await terminal.until(/^two\ntwo$/m)
      await terminal.press('C-d')
      await expectGivenBack(terminal, settings)
    },
  )

  it('has the terminal again after bg and fg, as often as that is done', async ({terminal}) => {
    await expectCatContinues(terminal, 'x --foreground -- cat', async () => {
      await terminal.command('bg')
      await until('its stop', () => terminal.processes().every(({state}) => state === 'T'))
      await terminal.wipe()
    })
  })

  it('leaves the terminal to the shell when it is started in the background, until fg', async ({terminal}) => {
    await terminal.command('x --foreground -- sh -c "echo started; read line; echo got \\$line" &')
    await until('its stop', () => terminal.processes().some(({name, state}) => name === 'sh' && state === 'T'))
    await terminal.wipe()
    expect(await terminal.answer('echo $((6*7))')).toBe('42\n')
    await terminal.command('clear; fg')
    await terminal.command('words')
    await terminal.until(/^got words$/m)
    expect(await terminal.answer('echo $?')).toBe('0\n')
  })

  it('ends a shell’s loop when the program that has the terminal ends by Ctrl-C', async ({terminal}) => {
    await terminal.command('for i in 1 2; do x --foreground -- sh ./sleep; echo again; done')
    await terminal.until(/^started$/m)
    await terminal.press('C-c')
    expect(await terminal.answer('echo $?')).toBe('130\n')
    expect(await terminal.screen()).not.toMatch(/^again$/m)
  })

  it('takes the terminal back when the keeper is killed', async ({terminal}) => {
    await terminal.command(
      `sh -c '"$NODE" "$CLI" exec --foreground --kill-tree -- sh ./sleep; read line; echo got $line'`,
    )
    await terminal.until(/^started$/m)
    process.kill(terminal.processes().find(({name}) => name === 'spawnctl-keeper')?.pid as number, 'SIGKILL')
    await terminal.until(/E_KEEPER|keeper/m)
    await terminal.command('words')
    await terminal.until(/^got words$/m)
  })

  it('gives the terminal back when Ctrl-C, which reached the program alone, has ended it', async ({terminal}) => {
    const settings = await terminal.answer('stty -g')
    await terminal.command('x -m clone --foreground -- sh ./sleep')
    await terminal.until(/^started$/m)
    await terminal.press('C-c')
    await until('the shell to have the terminal', () => terminal.isShells())
    await terminal.command('echo code $?')
    await terminal.until(/^code 130$/m)
    await expectGivenBack(terminal, settings)
  })
})

const withInit = (['clone', 'fork'] as const).flatMap(method =>
  ['', '--setpgid', '--setsid'].map(group => ({method, group})),
)

describe.runIf(hasTmux && has.root).concurrent('--init, # needs root', () => {
  it('is waited for asleep while a tracer holds its end back', async ({terminal}) => {
    await terminal.command('x --unshare pid --init -- sh ./sleep')
    await terminal.until(/^started$/m)
    const init = terminal.processes().find(({name}) => name === 'spawnctl-init')?.pid as number
    expect(await ticksWhileHeld(init, parentOf(init))).toBeLessThan(fewTicks)
    expect(await terminal.answer('echo $?')).toBe('137\n')
  })

  it.for(withInit)('lets Ctrl-C reach a program once: $method $group', async ({method, group}, {terminal}) => {
    await terminal.command(`x -m ${method} ${group} --unshare pid --init -- ${counter} stop INT`)
    await expectThreeInterrupts(terminal)
  })

  it.for(withInit)('lets Ctrl-C end a whole group, and a loop: $method $group', async ({method, group}, {terminal}) => {
    const words = `-m ${method} ${group} --unshare pid --init`
    await terminal.command(`for i in 1 2; do x ${words} -- sh -c 'echo started; sleep 100; :'; echo again; done`)
    await terminal.until(/^started$/m)
    if (group !== '--setsid')
      await until('the second program', () => terminal.processes().some(({name}) => name === 'sleep'))
    await terminal.press('C-c')
    expect(await terminal.answer('echo $?')).toBe('130\n')
    expect(await terminal.screen()).not.toMatch(/^again$/m)
  })

  it.for(
    (['clone', 'fork'] as const).flatMap(method =>
      ['', '--kill-tree', '--foreground'].map(option => ({method, option})),
    ),
  )(
    'stops with its program by Ctrl-Z, and fg continues both: $method $option',
    async ({method, option}, {terminal}) => {
      const settings = await terminal.answer('stty -g')
      await expectCatContinues(terminal, `x -m ${method} ${option} --unshare pid --init -- cat`)
      await expectGivenBack(terminal, settings)
    },
  )
})
