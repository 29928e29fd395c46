import {uniformInt} from 'pure-rand/distribution/uniformInt'
import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus'
import {median} from '../../dist/bench/statistics/spread.js'
import {table} from '../../dist/exec/document.js'
import {origin} from './origin.mjs'

export const file = 'agreement.json'

const times = {callerBlocked: 'caller blocked', spawnToExit: 'spawn to exit'}
const microseconds = ns => (ns / 1000).toFixed(1)

const resamples = 400

function samplesOf({passes}, time) {
  return passes.map(pass => pass[time])
}

/**
 * The ratio of two medians with its 95 % interval: percentile bootstrap over the passes, for the samples of one pass,
 * of the same two processes, have something in common.
 */
function ratioOfMedians(above, below) {
  const random = xoroshiro128plus(1)
  const ratios = Array.from({length: resamples}, () => {
    const drawn = above.map(() => uniformInt(random, 0, above.length - 1))
    const [one, other] = [above, below].map(passes => median(drawn.flatMap(pass => passes[pass])))
    return one / other
  }).toSorted((a, b) => a - b)
  const at = share => ratios[Math.round(share * (resamples - 1))].toFixed(3)
  return [(median(above.flat()) / median(below.flat())).toFixed(3), `${at(0.025)}–${at(0.975)}`]
}

/** Medians of all three loops for every method and time, and the runner's ratio to both others, with its interval. */
export function agreement(rows) {
  const find = name => rows.find(({row}) => row === name)
  return rows
    .filter(({row}) => find(`plain-${row}`) !== undefined)
    .flatMap(ours =>
      Object.entries(times).map(([time, name]) => {
        const [runner, careful, plain] = ['', 'careful-', 'plain-'].map(way => samplesOf(find(way + ours.row), time))
        const [ratio, interval] = ratioOfMedians(runner, careful)
        return {
          method: ours.row,
          time: name,
          'runner, µs': microseconds(median(runner.flat())),
          'careful C, µs': microseconds(median(careful.flat())),
          'plain C, µs': microseconds(median(plain.flat())),
          'runner to careful C': ratio,
          '95 % interval': interval,
        }
      }),
    )
}

export function section({environment, rows}) {
  const lines = agreement(rows)
  const {passes} = rows[0]
  const samples = passes.flatMap(({spawnToExit}) => spawnToExit).length
  return [
    '## Whether the runner’s times are true',
    'The methods of `spawnctl-bench` held against `bench/independent.c`, which has nothing of `src/native`: plain calls of libc, in shuffled rounds, in several passes with new processes. Medians of both times; the ratio has its 95 % interval, a bootstrap over the passes.',
    table(Object.keys(lines[0]), lines.map(Object.values)),
    origin(file, environment, ` (${samples} spawns of /bin/echo in each row, in ${passes.length} passes)`),
    'The careful C program gives the same guarantees as spawnctl: signals are blocked and handlers reset, no descriptor leaks, an error of execve is known, a pidfd is there. The plain one does no more than the program needs. What lies between the two is the price of the guarantees, and no error of the runner’s.',
  ]
}
