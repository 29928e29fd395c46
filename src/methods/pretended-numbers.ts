/** Above every descriptor that a plan may name, and with bits that the flags of no call have together. */
const first = 0x1555_5000
/** Room for what is counted on from a number: the first ones above all that a plan names. */
const apart = 2 ** 12

/** Numbers that only a run gives, of descriptors and of processes: each has a word that is shown in its place. */
export class PretendedNumbers {
  private readonly words: string[] = []
  private readonly uses = new Map<string, number>()
  private named: readonly number[] = []

  /** A number that reads as $word, and when there was one already, as $word2. */
  next(word: string): number {
    const count = (this.uses.get(word) ?? 0) + 1
    this.uses.set(word, count)
    this.words.push(count === 1 ? `$${word}` : `$${word}${count}`)
    return first + (this.words.length - 1) * apart
  }

  /** A word for what no plan has to hold. */
  word(word: string): string {
    return this.text(this.next(word)) as string
  }

  /** What the descriptors of the plan name, its own numbers and these: the core counts on from the highest. */
  countFrom(numbers: readonly number[]): void {
    this.named = numbers
  }

  /** Undefined for a number that is what it says. */
  text(number: number): string | undefined {
    if (number < first || number >= first + this.words.length * apart) return undefined
    const beyond = (number - first) % apart
    if (beyond === 0) return this.words[(number - first) / apart]
    const known = Math.max(2, ...this.named.filter(named => named < first))
    const words = [...new Set(this.named.filter(named => named >= first))].map(named => this.text(named) as string)
    const all = known > 2 ? [String(known), ...words] : words
    return `${all.length === 1 ? all[0] : `max(${all.join(', ')})`} + ${beyond}`
  }
}
