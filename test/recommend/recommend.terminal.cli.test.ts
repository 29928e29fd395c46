import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {hasTmux, Terminal} from '../helpers/terminal.js'

const select = /navigate • ⏎ select/

describe.skipIf(!hasTmux)('recommend at a terminal # needs tmux', () => {
  let terminal: Terminal

  beforeEach(async () => {
    terminal = await Terminal.open()
    await terminal.command(`alias recommend='"$NODE" "$CLI" recommend'; stty -a > before; clear; echo set`)
    await terminal.until(/^set$/m)
  })

  afterEach(() => terminal.close())

  async function answer(question: RegExp, choice: 'yes' | 'no' | 'help me decide'): Promise<void> {
    await terminal.until(new RegExp(question.source + String.raw`[\s\S]*` + select.source))
    for (let i = ['yes', 'no', 'help me decide'].indexOf(choice); i > 0; i--) await terminal.press('Down')
    await terminal.press('Enter')
  }

  async function expectSaneTerminal(): Promise<void> {
    expect(await terminal.answer('stty -a | diff before - && echo sane')).toBe('sane\n')
  }

  it('asks one question after the other, explains, decides, and runs a program now', async () => {
    await terminal.command('clear; recommend')
    await terminal.until(/Housekeeping is what the child does between its creation and exec/)
    await answer(/Is the housekeeping simple enough/, 'no')
    await terminal.until(/It is when the cost of a spawn is felt/)
    await answer(/Is the time that a spawn takes critical/, 'no')
    await answer(/single-threaded when it spawns/, 'no')
    await answer(/foolproof/, 'no')
    await answer(/also build on Unix systems other than Linux/, 'yes')
    await terminal.until(/Method {2}vfork[\s\S]*Run a program with vfork now\?/)
    await terminal.type('y')
    await terminal.press('Enter')
    await terminal.until(/Program and arguments:/)
    await terminal.type(`sh -c 'echo "it runs: $0"; exit 3' x`)
    await terminal.press('Enter')
    await terminal.until(/^it runs: x$/m)
    expect(await terminal.answer('echo "code $?"')).toBe('code 3\n')
    await expectSaneTerminal()
  })

  it('helps to decide by a checklist', async () => {
    await terminal.command('clear; recommend')
    await answer(/Is the housekeeping simple enough/, 'help me decide')
    await terminal.until(/Which of these are true\?[\s\S]*umask/)
    await terminal.press('Space', 'Enter')
    await terminal.until(/So the answer is no\.[\s\S]*Is the time that a spawn takes critical/)
    await terminal.until(select)
    await answer(/Is the time that a spawn takes critical/, 'help me decide')
    await terminal.until(/Which of these are true\?[\s\S]*tens of children a second/)
    await terminal.press('Enter')
    await terminal.until(/So the answer is no\.[\s\S]*single-threaded when it spawns/)
  })

  it('does not ask what follows from the options, and shows it as derived', async () => {
    await terminal.command('clear; recommend --umask 027')
    await answer(/Is the time that a spawn takes critical/, 'yes')
    await answer(/also build on Unix systems other than Linux/, 'no')
    const [screen] = await terminal.until(/simple housekeeping\? no \(derived:[\s\S]*Run a program with clone now\?/)
    expect(screen).toContain('spawnctl exec --method clone --umask 027 -- PROGRAM [ARGUMENTS]')
    await terminal.press('Enter')
    expect(await terminal.answer('echo "code $?"')).toBe('code 0\n')
  })

  it('asks even where no option says anything about the housekeeping, then runs what stands after --', async () => {
    await terminal.command('clear; recommend -- sh -c "tty -s && echo at a terminal"')
    await answer(/Is the housekeeping simple enough/, 'yes')
    await terminal.until(/^at a terminal$/m)
  })

  it('leaves the terminal sane after Ctrl-C at a prompt, with exit 130', async () => {
    await terminal.command('clear; recommend')
    await terminal.until(select)
    await terminal.press('C-c')
    expect(await terminal.answer('echo "code $?"')).toBe('code 130\n')
    await expectSaneTerminal()
  })

  it('asks nothing with --json', async () => {
    const text = await terminal.answer('recommend --json --umask 0 2>&1')
    expect(JSON.parse(text.replaceAll('\n', '')).error.exitCode).toBe(2)
  })
})
