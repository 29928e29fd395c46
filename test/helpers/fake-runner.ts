import type {Ballast, Runner} from '../../src/bench/runner.js'
import type {Samples} from '../../src/bench/samples.js'

export const noBallast: Ballast = {memoryBytes: 0, mappings: 0, thp: 'never', mappedBytes: 0, threads: 0}

/** A runner without a clock: the samples are what `sample` says, and `log` has what it was told. */
export class FakeRunner implements Runner {
  readonly log: string[] = []
  private ballast: Ballast = noBallast
  private readonly taken = new Map<string, number>()

  constructor(
    readonly rows: readonly string[],
    private readonly sample: (row: string, index: number, ballast: Ballast) => {blocked: number; exit: number},
  ) {}

  async carry(ballast: Ballast): Promise<void> {
    this.ballast = ballast
    this.log.push(`carry ${ballast.memoryBytes}`)
  }

  async run(row: string, count: number): Promise<{samples: Samples; systemCall: string}> {
    this.log.push(`run ${row} ${count}`)
    const first = this.taken.get(row) ?? 0
    this.taken.set(row, first + count)
    const pairs = Array.from({length: count}, (_, i) => this.sample(row, first + i, this.ballast))
    const samples = {callerBlocked: pairs.map(({blocked}) => blocked), spawnToExit: pairs.map(({exit}) => exit)}
    return {samples, systemCall: `${row}()`}
  }

  async close(): Promise<void> {
    this.log.push('close')
  }
}
