const spelled: Readonly<Record<string, string>> = {'\n': '\\n', '\t': '\\t', '\r': '\\r'}

/** Spells out what a terminal would obey instead of showing it: "\x1b", and above ASCII "\u009b", as C and shells read them. */
export function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, character => spelled[character] ?? hexadecimal(character.charCodeAt(0)))
}

function hexadecimal(code: number): string {
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
