/** Whether the locale says that other letters than ASCII's can be shown. */
export function speaksUtf8(): boolean {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''
  return /utf-?8/i.test(locale)
}
