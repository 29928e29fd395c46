import type {Measured} from './measured.js'
import type {Ballast, Runner} from './runner.js'
import type {Samples} from './samples.js'
import type {Block, Visit} from './schedule.js'

/** Told after every block. */
export interface Step {
  readonly visit: Visit
  readonly block: Block
  readonly elapsedMs: number
}

export interface Measurement {
  readonly measured: readonly Measured[]
  /** False when it was interrupted. */
  readonly complete: boolean
}

interface Collected {
  systemCall: string
  blocks: Samples[]
}

/** Puts together what was measured of a row under a ballast at different times. */
class Collection {
  private readonly rows = new Map<Ballast, Map<string, Collected>>()

  add(ballast: Ballast, row: string, systemCall: string, samples: Samples): void {
    const rows = this.rows.get(ballast) ?? new Map<string, Collected>()
    this.rows.set(ballast, rows)
    const collected = rows.get(row) ?? {systemCall, blocks: []}
    rows.set(row, collected)
    collected.blocks.push(samples)
  }

  /** In the order of the rows and ballasts given. */
  inOrder(ballasts: readonly Ballast[], rowNames: readonly string[]): readonly Measured[] {
    return ballasts.flatMap(ballast =>
      rowNames.flatMap(row => {
        const collected = this.rows.get(ballast)?.get(row)
        return collected === undefined ? [] : [{row, ballast, ...collected}]
      }),
    )
  }
}

/**
 * Measures what the schedule says, one block after another: never two processes at once. Once the signal is aborted the
 * runners are closed, and what was measured until then is the result.
 * @param order the ballasts and rows as the result shall list them
 */
export async function measure(
  visits: readonly Visit[],
  runners: readonly Runner[],
  order: {ballasts: readonly Ballast[]; rows: readonly string[]},
  {onStep = () => {}, signal}: {onStep?: (step: Step) => void; signal?: AbortSignal} = {},
): Promise<Measurement> {
  const collection = new Collection()
  const runnerOf = (row: string) => runners.find(({rows}) => rows.includes(row)) as Runner
  const close = () => void Promise.all(runners.map(runner => runner.close()))
  signal?.addEventListener('abort', close, {once: true})
  try {
    for (const visit of visits) {
      const carriers = new Set(visit.blocks.map(({row}) => runnerOf(row)))
      for (const runner of carriers) await runner.carry(visit.ballast)
      for (const block of visit.blocks) {
        const startedMs = performance.now()
        const {samples, systemCall} = await runnerOf(block.row).run(block.row, block.count)
        if (!block.warmup) collection.add(visit.ballast, block.row, systemCall, samples)
        onStep({visit, block, elapsedMs: performance.now() - startedMs})
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error
  } finally {
    signal?.removeEventListener('abort', close)
  }
  return {measured: collection.inOrder(order.ballasts, order.rows), complete: !signal?.aborted}
}
