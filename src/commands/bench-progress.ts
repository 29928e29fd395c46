import ora from 'ora'
import type {Watcher} from '../bench/bench.js'
import {speaksUtf8} from './terminal.js'

/** Slower than ora's own: each frame takes a processor from what is measured. */
const frameMs = 250

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** On standard error, and only where that is a terminal. */
export function benchProgress(): {watcher: Omit<Watcher, 'signal'>; stop: () => void} {
  const frames = speaksUtf8() ? ['⠋', '⠹', '⠼', '⠦', '⠇'] : ['-', '\\', '|', '/']
  const spinner = ora({text: 'starting what measures', spinner: {interval: frameMs, frames}, discardStdin: false})
  if (process.stderr.isTTY) spinner.start()
  return {
    watcher: {
      onTrial(row) {
        spinner.text = `trying ${row}`
      },
      onProgress({doneIterations, totalIterations, leftMs}, row) {
        const percent = Math.floor((100 * doneIterations) / totalIterations)
        spinner.text = `${percent} %, ${duration(leftMs)} left: ${row}`
      },
    },
    stop: () => void spinner.stop(),
  }
}
