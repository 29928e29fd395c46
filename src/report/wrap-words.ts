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
