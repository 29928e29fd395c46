import {ratioInterval} from '../../dist/bench/statistics/interval.js'
import {median} from '../../dist/bench/statistics/spread.js'
import {table} from '../../dist/exec/document.js'
import {origin} from './origin.mjs'

export const file = 'agreement.json'

const times = {callerBlocked: 'caller blocked', spawnToExit: 'spawn to exit'}
const microseconds = ns => (ns / 1000).toFixed(1)

/** The level of a row: the median of all samples, and those of the blocks. */
function level({blocks}, time) {
  return {mean: median(blocks.flatMap(block => block[time])), blockMeans: blocks.map(block => median(block[time]))}
}

/** Medians of all three loops for every method and time, and the runner's ratio to both others, with its interval. */
export function agreement(rows) {
  const find = name => rows.find(({row}) => row === name)
  return rows
    .filter(({row}) => find(`plain-${row}`) !== undefined)
    .flatMap(ours =>
      Object.entries(times).map(([time, name]) => {
        const [runner, careful, plain] = ['', 'careful-', 'plain-'].map(way => level(find(way + ours.row), time))
        const [low, high] = ratioInterval(runner, careful)
        return {
          method: ours.row,
          time: name,
          'runner, µs': microseconds(runner.mean),
          'careful C, µs': microseconds(careful.mean),
          'plain C, µs': microseconds(plain.mean),
          'runner to careful C': (runner.mean / careful.mean).toFixed(3),
          '95 % interval': `${low.toFixed(3)}–${high.toFixed(3)}`,
        }
      }),
    )
}

export function section({environment, rows}) {
  const lines = agreement(rows)
  const samples = rows[0].blocks.flatMap(({spawnToExit}) => spawnToExit).length
  return [
    '## Whether the runner’s times are true',
    'The methods of `spawnctl-bench` held against `bench/independent.c`, which has nothing of `src/native`: plain calls of libc, in one run, in shuffled rounds. Medians of both times; the ratio has its 95 % interval over the rounds.',
    table(Object.keys(lines[0]), lines.map(Object.values)),
    origin(file, environment, ` (${samples} spawns of /bin/echo in each row)`),
    'The careful C program gives the same guarantees as spawnctl: signals are blocked and handlers reset, no descriptor leaks, an error of execve is known, a pidfd is there. The plain one does no more than the program needs. What lies between the two is the price of the guarantees, and no error of the runner’s.',
  ]
}
