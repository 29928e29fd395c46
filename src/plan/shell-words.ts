import {escapeControls} from './control-characters.js'

/** Quotes words so that a POSIX shell reads them back as they are; what a terminal would obey is spelled out in $'…'. */
export function shellWords(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

/** A path as a word of a command, which would take one that begins with "-" for an option. */
export function shellPath(path: string): string {
  return quote(path.startsWith('-') ? `./${path}` : path)
}

function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  if (/\p{Cc}/u.test(word)) return `$'${escapeControls(word.replace(/[\\']/g, '\\$&'))}'`
  return `'${word.replaceAll("'", "'\\''")}'`
}
