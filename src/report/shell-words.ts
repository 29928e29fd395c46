import {escapeControls} from './control-characters.js'

/** Quotes words so that a POSIX shell reads them back as they are; what a terminal would obey is spelled out in $'…'. */
export function shellWords(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  if (/\p{Cc}/u.test(word)) return `$'${escapeControls(word.replace(/[\\']/g, '\\$&'))}'`
  return `'${word.replaceAll("'", "'\\''")}'`
}
