/** Whether the locale says that other letters than ASCII's can be shown. */
export function speaksUtf8(): boolean {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''
  return /utf-?8/i.test(locale)
}

const spellings: Readonly<Record<string, string>> = {
  '…': '...',
  '×': 'x',
  '’': "'",
  '–': '-',
  µ: 'u',
  '“': '"',
  '”': '"',
}

/** Our own texts where the locale has no more than ASCII; what others have written stays. */
export function inAscii(text: string): string {
  return text.replace(/[…×’–µ“”]/g, character => spellings[character] as string)
}
