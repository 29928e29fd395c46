/** The lines that these words fill; one that is longer than a line stays whole. */
export function fillLines(words: readonly string[], columns: number): readonly string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** The lines of a text that is broken between words; one that is longer than a line stays whole. */
export function wrapWords(text: string, columns: number): readonly string[] {
  return fillLines(text.split(' '), columns)
}

const fewestColumns = 20

/** Words, less those of a clause that fits on a line: "make it: mkdir -p x; or" is two, for a command is copied whole. */
function unbroken(text: string, columns: number): readonly string[] {
  return text.split(/(?<=[,:;]) /).flatMap(clause => (clause.length <= columns ? [clause] : clause.split(' ')))
}

/**
 * A text after its label, and all further lines under the text.
 * @param columns where lines end; undefined when they do not
 * @param keep what is broken only where it does not fit on a line of its own
 */
export function hangingLines(
  label: string,
  text: string,
  columns: number | undefined,
  keep: 'words' | 'clauses' = 'words',
): readonly string[] {
  if (columns === undefined) return [`${label}${text}`]
  const width = Math.max(columns - label.length, fewestColumns)
  const lines = keep === 'clauses' ? fillLines(unbroken(text, width), width) : wrapWords(text, width)
  return lines.map((line, i) => `${i === 0 ? label : ' '.repeat(label.length)}${line}`)
}
