import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {setTimeout as pause} from 'node:timers/promises'
import {fixture} from './fixture.js'

/** From the state on, as proc_pid_stat(5) lists them. */
function statOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
}

export const parentOf = (pid: number) => Number(statOf(pid)[1])

/** The processor time that a process spends in half a second, in clock ticks: 50 when it does nothing but that. */
export async function ticksSpent(pid: number): Promise<number> {
  const ticks = () => Number(statOf(pid)[11]) + Number(statOf(pid)[12])
  const before = ticks()
  await pause(500)
  return ticks() - before
}

/** The same of who waits for a process that is killed, while a tracer holds its end back. */
export async function ticksWhileHeld(victim: number, waiting: number): Promise<number> {
  const tracer = spawn(fixture('hold-zombie'), [String(victim)], {stdio: ['pipe', 'pipe', 'inherit']})
  await once(tracer.stdout, 'data')
  process.kill(victim, 'SIGKILL')
  const spent = await ticksSpent(waiting)
  tracer.stdin.end()
  return spent
}

/** Less than a quarter of what a process spends that never sleeps on a busy machine. */
export const fewTicks = 5
