import {execFile, execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as pause} from 'node:timers/promises'
import {promisify} from 'node:util'
import {cli, node} from './run-cli.js'

const run = promisify(execFile)
const pollMs = 40
/** Longer than anything takes on a busy machine; what is not on the screen by then never comes. */
const patienceMs = 20_000

export const hasTmux = spawnSync('tmux', ['-V']).status === 0
if (!hasTmux) console.warn('# skipped: tests at a terminal need tmux')

/** A process of the terminal's session, as proc_pid_stat(5) tells. */
export interface SessionProcess {
  readonly pid: number
  readonly name: string
  /** "T" when it is stopped. */
  readonly state: string
}

interface Stat extends SessionProcess {
  readonly session: number
  /** The process group that the terminal's keys are for. */
  readonly foreground: number
}

function statOf(pid: number): Stat | undefined {
  try {
    const [, name, rest] = /\((.*)\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    const fields = rest?.split(' ') ?? []
    return {pid, name: name ?? '', state: fields[0] ?? '', session: Number(fields[3]), foreground: Number(fields[5])}
  } catch {
    return undefined // ended meanwhile
  }
}

/**
 * A terminal of its own with an interactive bash in it, in which `x` is `spawnctl exec`. Every terminal has its own tmux
 * server, so that none sees another's.
 */
export class Terminal {
  private answers = 0
  private shellPid = 0

  private constructor(
    private readonly socket: string,
    private readonly directory: string,
  ) {}

  static async open(): Promise<Terminal> {
    const directory = mkdtempSync(join(tmpdir(), 'spawnctl-terminal-'))
    const terminal = new Terminal(join(directory, 'socket'), directory)
    // tmux runs it by way of a shell, which would keep PS1 to itself.
    const shell = "exec env PS1='outer$ ' bash --norc --noprofile -i"
    const options = ['-f', '/dev/null', 'new-session', '-d', '-x', '160', '-y', '30', '-c', directory]
    await run('tmux', ['-S', terminal.socket, ...options, shell], {
      env: {...process.env, HISTFILE: '', INPUTRC: '/dev/null', LESS: '', NODE: node, CLI: cli},
    })
    terminal.shellPid = Number(await terminal.tmux('display-message', '-p', '#{pane_pid}'))
    await terminal.until(/^outer\$/m)
    await terminal.command(`alias x='"$NODE" "$CLI" exec'; bind 'set enable-bracketed-paste off'; clear; echo open`)
    await terminal.until(/^open$/m)
    return terminal
  }

  /** A path in the outer shell's working directory, which is new, and gone when the terminal closes. */
  path(name: string): string {
    return join(this.directory, name)
  }

  private async tmux(...args: string[]): Promise<string> {
    const {stdout} = await run('tmux', ['-S', this.socket, ...args])
    return stdout
  }

  /** Keys by tmux's names: "C-c", "Enter", "Escape". */
  async press(...keys: string[]): Promise<void> {
    await this.tmux('send-keys', ...keys)
  }

  async type(text: string): Promise<void> {
    await this.tmux('send-keys', '-l', text)
  }

  /** Types a line and presses Enter. */
  async command(line: string): Promise<void> {
    await this.tmux('send-keys', '-l', line, ';', 'send-keys', 'Enter')
  }

  /** What is on the screen, with what has left it at the top; lines without trailing spaces. */
  async screen(): Promise<string> {
    const text = await this.tmux('capture-pane', '-p', '-J', '-S', '-')
    return text.replace(/[ \t]+$/gm, '').trimEnd()
  }

  /** Waits until the screen matches. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (const end = Date.now() + patienceMs; ; await pause(pollMs)) {
      const screen = await this.screen()
      const found = pattern.exec(screen)
      if (found !== null) return found
      if (Date.now() > end) throw new Error(`${pattern} did not come to the screen:\n${screen}`)
    }
  }

  /** Runs a command of the outer shell to its end, and gives what it wrote, less the line that was typed. */
  async answer(line: string): Promise<string> {
    const mark = `end-${++this.answers}`
    await this.command(`${line}; echo "${mark.replace('-', '""-')}"`)
    const [, answer] = await this.until(new RegExp(`^outer\\$ .*${mark.replace('-', '""-')}"\\n([^]*?)^${mark}$`, 'm'))
    return answer as string
  }

  /** Empties the screen, and forgets what has left it. */
  async wipe(): Promise<void> {
    await this.command('clear; echo wiped')
    await this.until(/^wiped$/m)
    await this.tmux('clear-history')
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.tmux('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** What lives in the terminal's session, less the outer shell. */
  processes(): readonly SessionProcess[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(name => statOf(Number(name)))
      .filter(stat => stat !== undefined)
      .filter(({pid, session}) => session === this.shellPid && pid !== this.shellPid)
  }

  /** Whether the keys are the outer shell's. */
  isShells(): boolean {
    return statOf(this.shellPid)?.foreground === this.shellPid
  }

  /** Whether every key is a program's: with a readline prompt Ctrl-C still makes a signal. */
  isRaw(): boolean {
    const path = readlinkSync(`/proc/${this.shellPid}/fd/0`)
    return /\s-isig\s/.test(execFileSync('stty', ['-F', path, '-a'], {encoding: 'utf8'}))
  }

  hasShell(): boolean {
    return statOf(this.shellPid) !== undefined
  }

  /** Closes the terminal as a window's close button does: the kernel hangs it up. */
  async hangUp(): Promise<void> {
    await this.tmux('kill-pane').catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.tmux('kill-server').catch(() => undefined)
    rmSync(this.directory, {recursive: true, force: true})
  }
}
