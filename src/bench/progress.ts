import type {Step} from './measure.js'
import type {Ballast} from './runner.js'
import type {Block, Visit} from './schedule.js'

export interface Progress {
  readonly doneIterations: number
  readonly totalIterations: number
  /** By what each row took so far under each ballast. */
  readonly leftMs: number
}

interface Spent {
  ms: number
  iterations: number
}

function average(spent: readonly Spent[]): number | undefined {
  const iterations = spent.reduce((sum, each) => sum + each.iterations, 0)
  return iterations === 0 ? undefined : spent.reduce((sum, {ms}) => sum + ms, 0) / iterations
}

/** Keeps account of a measurement; a row that was not measured yet is taken for what it, or else all, took elsewhere. */
export class Account {
  private readonly spent: (Spent & {row: string; ballast: Ballast})[] = []
  private readonly left = new Map<string, {row: string; ballast: Ballast; iterations: number}>()
  private readonly ballasts: Ballast[] = []
  private readonly total: number
  private done = 0

  constructor(visits: readonly Visit[]) {
    for (const {ballast, blocks} of visits) for (const block of blocks) this.remaining(ballast, block, block.count)
    this.total = [...this.left.values()].reduce((sum, {iterations}) => sum + iterations, 0)
  }

  private remaining(ballast: Ballast, {row}: Block, change: number): void {
    if (!this.ballasts.includes(ballast)) this.ballasts.push(ballast)
    const key = `${this.ballasts.indexOf(ballast)} ${row}`
    this.left.set(key, {row, ballast, iterations: (this.left.get(key)?.iterations ?? 0) + change})
  }

  private msPerIteration(row: string, ballast: Ballast): number | undefined {
    const ofRow = this.spent.filter(spent => spent.row === row)
    return average(ofRow.filter(spent => spent.ballast === ballast)) ?? average(ofRow) ?? average(this.spent)
  }

  after({visit: {ballast}, block, elapsedMs}: Step): Progress {
    this.spent.push({row: block.row, ballast, ms: elapsedMs, iterations: block.count})
    this.remaining(ballast, block, -block.count)
    this.done += block.count
    let leftMs = 0
    for (const {row, ballast: where, iterations} of this.left.values())
      leftMs += iterations * (this.msPerIteration(row, where) as number)
    return {doneIterations: this.done, totalIterations: this.total, leftMs}
  }
}
