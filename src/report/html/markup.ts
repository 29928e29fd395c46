/** HTML or SVG that is printed as it is; every other string is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | readonly Content[]

const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'}

function print(content: Content): string {
  if (content instanceof Markup) return content.text
  if (typeof content === 'object') return content.map(print).join('')
  return String(content).replace(/[&<>"']/g, character => entities[character] as string)
}

/** For elements' contents and for attributes in quotes; not inside script or style. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(String.raw({raw: strings}, ...contents.map(print)))
}
