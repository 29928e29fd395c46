import * as v from 'valibot'
import {methods} from '../methods/method.js'
import {type BenchResult, schema} from './result.js'
import {thpModes} from './runner.js'

/** With its meaning, for docs/bench-json.md; what needs none is not said. */
const number = (meaning: string) => v.pipe(v.number(), v.description(meaning))
const whole = (meaning: string) => v.pipe(v.number(), v.integer(), v.minValue(0), v.description(meaning))
const string = (meaning: string) => v.pipe(v.string(), v.description(meaning))
const wholes = (meaning: string) =>
  v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.description(meaning))
const interval = (meaning: string) => v.pipe(v.tuple([v.number(), v.number()]), v.description(meaning))

const summary = (meaning: string) =>
  v.pipe(
    v.object({
      mean: number('of all samples'),
      sd: number('standard deviation of the samples, n - 1; 0 for one sample'),
      min: number('the quickest'),
      p50: number('median; percentiles lie linearly between the two nearest samples, as R and numpy have them'),
      p90: number('90 % are not above it'),
      p99: number('99 % are not above it'),
      max: number('the slowest'),
      ci95: v.nullable(
        interval('95 % interval of the mean: Student’s t over the means of the blocks; null for a single block'),
      ),
    }),
    v.description(meaning),
  )

const sharedBallast = {
  mappings: whole('further mappings of one page each that the kernel cannot merge'),
  thp: v.pipe(v.picklist(thpModes), v.description('whether huge pages back the touched memory')),
  mappedBytes: whole('memory of the caller that is mapped and never touched'),
  threads: whole('further threads of the caller, asleep'),
}

const environment = v.object({
  kernel: string('release, as uname -r has it'),
  arch: string('as Node names it: x64, arm64'),
  libc: string('name and version'),
  cpu: v.object({
    model: string('as the kernel names it'),
    count: whole('processors that this process may use'),
    governor: v.nullable(string('of the first processor; null where there is none')),
  }),
  virtualisation: string('none, or what the machine is a guest of'),
  memory: v.object({
    totalBytes: whole('of the machine'),
    availableBytes: whole('without swapping, before the first sample'),
    swapBytes: whole('size of all swap'),
  }),
  hugePages: v.nullable(string('the word chosen in /sys/kernel/mm/transparent_hugepage/enabled')),
  overcommit: v.nullable(whole('vm.overcommit_memory: 0, 1 or 2')),
  loadAverage: v.pipe(
    v.tuple([v.number(), v.number(), v.number()]),
    v.description('over 1, 5 and 15 minutes, before the first sample'),
  ),
  versions: v.object({node: string('of Node'), spawnctl: string('of spawnctl')}),
})

const scenario = v.object({
  program: string('what is spawned'),
  args: v.pipe(v.array(v.string()), v.description('its arguments, without the name')),
  rows: v.pipe(v.array(v.string()), v.description('what was asked for')),
  memoryBytes: wholes('sizes of touched memory'),
  mappings: wholes('numbers of further mappings'),
  thp: v.pipe(v.array(v.picklist(thpModes)), v.description('with and without huge pages')),
  mappedBytes: wholes('sizes of untouched memory'),
  threads: wholes('numbers of further threads'),
  environmentBytes: whole('size of every child’s environment'),
  iterations: whole('of each row at each ballast'),
  warmup: whole('iterations that came first and do not count'),
  seed: number('of the order in which blocks were measured'),
})

const row = v.object({
  row: string('a method, `node:child_process`, the library, or another language'),
  method: v.nullable(v.pipe(v.picklist(methods), v.description('null where the row is not one of spawnctl’s methods'))),
  systemCall: string('what really created the children'),
  memoryBytes: whole('memory of the caller, touched page by page'),
  ...sharedBallast,
  iterations: whole('samples of each time'),
  callerBlockedNs: summary('nanoseconds from the call until the caller could go on'),
  spawnToExitNs: summary('nanoseconds from the call until the child’s exit was known; the same keys'),
  ratio: v.object({
    toFastest: number('mean spawn to exit over that of the fastest row at the same ballast, which has 1'),
    ci95: v.nullable(interval('its 95 % interval, from blocks paired by round; null for a single block')),
  }),
  spawnsPerSecond: number('1e9 over mean spawn to exit: one after another'),
  outliers: whole('iterations of which either time is beyond Tukey’s outer fences; they are counted in'),
  blockSizes: wholes('how many consecutive samples each block has; between two blocks other rows were measured'),
  samplesNs: v.optional(
    v.object({
      callerBlocked: v.pipe(v.array(v.number()), v.description('in the order measured; `--export-json` only')),
      spawnToExit: v.pipe(v.array(v.number()), v.description('of the same iterations; `--export-json` only')),
    }),
  ),
})

const fit = v.object({
  row: string('as in the results'),
  time: v.pipe(v.picklist(['callerBlocked', 'spawnToExit']), v.description('which of the two times')),
  ...sharedBallast,
  slopeNsPerMiB: number('nanoseconds for each further MiB of touched memory'),
  ci95: interval('95 % interval of the slope: Student’s t, one point a size'),
  interceptNs: number('the line at no memory'),
  r2: number('share of the variance that the line explains'),
})

const warning = v.object({
  code: string('stable, e.g. `noise`'),
  message: string('why the figures may be doubtful'),
  next: string('what to try'),
})

/** What an exported file has to look like, and what each key means. */
export const resultSchema = v.object({
  schema: v.pipe(v.literal(schema), v.description('another number after the slash is another layout')),
  startedAt: string('ISO 8601'),
  complete: v.pipe(v.boolean(), v.description('false when it was interrupted: what was measured until then')),
  environment,
  scenario,
  results: v.array(row),
  fits: v.array(fit),
  warnings: v.array(warning),
}) satisfies v.GenericSchema<unknown, BenchResult>
