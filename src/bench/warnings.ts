import {max} from 'simple-statistics'
import {blocksOf} from './blocks.js'
import type {BenchResult, RowResult, Warning} from './result.js'
import {timeNames} from './samples.js'
import {median} from './statistics/spread.js'

/** What is looked at: a result before its warnings, and who traces this process (0: nobody). */
export type Evidence = Omit<BenchResult, 'warnings'> & {readonly tracerPid: number}

type Check = (evidence: Evidence) => Warning | undefined

const most = {outlierShare: 0.05, halfInterval: 0.05, firstBlock: 1.25, load: 0.5}
const least = {iterations: 100, blocksToSeeTheFirst: 5}

/** "fork, clone and 3 others". */
function named(results: readonly RowResult[]): string {
  const names = [...new Set(results.map(({row}) => row))]
  const [shown, others] = [names.slice(0, 2), names.length - 2]
  if (others > 1) return `${shown.join(', ')} and ${others} others`
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function percent(share: number): string {
  return `${share < 0.1 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`
}

const traced: Check = ({tracerPid}) =>
  tracerPid === 0
    ? undefined
    : {
        code: 'traced',
        message: `Process ${tracerPid} traces spawnctl: every spawn waits for it.`,
        next: 'run spawnctl bench without debugger or strace',
      }

const load: Check = ({environment: {loadAverage, cpu}}) =>
  loadAverage[0] <= most.load * cpu.count
    ? undefined
    : {
        code: 'load',
        message: `The load average was ${loadAverage[0].toFixed(2)} on ${cpu.count} processors before the first sample: others were at work.`,
        next: 'wait until the machine is idle, or let --iterations (-n) even it out',
      }

const powersave: Check = ({environment: {cpu}}) =>
  cpu.governor !== 'powersave'
    ? undefined
    : {
        code: 'governor',
        message: 'The CPU governor is "powersave": a spawn may be timed at a low clock.',
        next: 'cpupower frequency-set -g performance, or raise --warmup',
      }

const hugePages: Check = ({results, environment, scenario}) => {
  const huge = results.filter(({thp, memoryBytes}) => thp === 'always' && memoryBytes > 0)
  if (huge.length === 0) return undefined
  if (environment.hugePages === 'never')
    return {
      code: 'huge-pages-off',
      message: 'Huge pages were asked for, and the kernel gives none: the memory was of small pages.',
      next: '--thp never, or echo madvise > /sys/kernel/mm/transparent_hugepage/enabled as root',
    }
  if (scenario.thp.includes('never')) return undefined
  return {
    code: 'huge-pages',
    message: 'Huge pages backed the memory: fork copies far less for them than most programs would have it copy.',
    next: '--thp both shows it with small pages beside it',
  }
}

const fewIterations: Check = ({results, scenario}) => {
  const few = results.filter(({iterations}) => iterations < least.iterations)
  if (few.length === 0) return undefined
  const fewest = Math.min(...few.map(({iterations}) => iterations))
  return {
    code: 'few-iterations',
    message: `${named(few)} ran ${fewest} times: p99 is then little else than the slowest of them.`,
    next: `--iterations ${Math.max(1000, scenario.iterations)}`,
  }
}

const noise: Check = ({results, scenario}) => {
  const half = ({spawnToExitNs: {mean, ci95}}: RowResult) => (ci95 === null ? 0 : (ci95[1] - ci95[0]) / 2 / mean)
  const noisy = results.filter(result => half(result) > most.halfInterval).sort((a, b) => half(b) - half(a))
  if (noisy.length === 0) return undefined
  return {
    code: 'noise',
    message: `The mean of ${named(noisy)} is known to no better than ± ${percent(half(noisy[0]!))}: the blocks differ much.`,
    next: `a quiet machine, or --iterations ${4 * scenario.iterations} for half of that`,
  }
}

const outliers: Check = ({results, scenario}) => {
  const share = ({outliers, iterations}: RowResult) => outliers / iterations
  const many = results.filter(result => share(result) > most.outlierShare).sort((a, b) => share(b) - share(a))
  if (many.length === 0) return undefined
  const [worst] = many as [RowResult]
  return {
    code: 'outliers',
    message: `Of ${named(many)} up to ${percent(share(worst))} are far beyond the rest; they are counted in: go by p50 rather than by the mean.`,
    next: `a quiet machine, or --warmup ${Math.max(100, 4 * scenario.warmup)} if they come first`,
  }
}

/** By how much the first block is slower than the others, and not only by chance: slower than all of them. */
function slowStart(result: RowResult): number {
  const ratios = timeNames.map(time => {
    const [first, ...later] = blocksOf(result, time).map(median)
    if (first === undefined || later.length < least.blocksToSeeTheFirst || first <= max(later)) return 1
    return first / median(later)
  })
  return Math.max(...ratios)
}

const slowFirstBlock: Check = ({results, scenario}) => {
  const slow = results.filter(result => slowStart(result) > most.firstBlock).sort((a, b) => slowStart(b) - slowStart(a))
  if (slow.length === 0) return undefined
  return {
    code: 'slow-start',
    message: `The first block of ${named(slow)} took up to ${slowStart(slow[0]!).toFixed(1)} × as long as the later ones: caches were still cold.`,
    next: `--warmup ${Math.max(100, 4 * scenario.warmup)}`,
  }
}

const interrupted: Check = ({complete, results, scenario}) => {
  if (complete) return undefined
  const fewest = results.length === 0 ? 0 : Math.min(...results.map(({iterations}) => iterations))
  return {
    code: 'interrupted',
    message: `The measurement was interrupted: of ${scenario.iterations} iterations some rows have ${fewest}, others may be missing.`,
    next: `let it end, or ask for less with --iterations ${Math.max(1, Math.round(scenario.iterations / 4))}`,
  }
}

const checks: readonly Check[] = [
  interrupted,
  traced,
  load,
  powersave,
  hugePages,
  fewIterations,
  noise,
  outliers,
  slowFirstBlock,
]

/** Why the figures may be doubtful, the weightiest reason first; each says what to try. */
export function warningsFor(evidence: Evidence): readonly Warning[] {
  return checks.flatMap(check => check(evidence) ?? [])
}
