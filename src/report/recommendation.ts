import wrapAnsi from 'wrap-ansi'

const mostColumns = 80

/** How the parts of a text look; plain functions where there is no colour. */
export interface Style {
  readonly heading: (text: string) => string
  readonly quiet: (text: string) => string
  readonly strong: (text: string) => string
}

export function paragraph(text: string, columns: number): string {
  return wrapAnsi(text, Math.min(columns, mostColumns), {hard: true})
}

function bullet(text: string, columns: number): string {
  return paragraph(text, Math.min(columns, mostColumns) - 2)
    .split('\n')
    .map((line, i) => (i === 0 ? `• ${line}` : `  ${line}`))
    .join('\n')
}

export interface RecommendationText {
  /** The drawn flowchart, painted. */
  picture: string
  answers: readonly {label: string; answer: string; source: string; because?: string}[]
  method: string
  why: string
  /** What each method would cost the process that was looked at; none when there is none. */
  costs: readonly {method: string; time: string}[]
  hazards: readonly string[]
  command: string
}

function costLines(costs: RecommendationText['costs'], style: Style): readonly string[] {
  if (costs.length === 0) return []
  const widths = [costs.map(({method}) => method.length), costs.map(({time}) => time.length)].map(all =>
    Math.max(...all),
  )
  const line = ({method, time}: (typeof costs)[number]) =>
    `  ${method.padEnd(widths[0]!)}  ${time.padStart(widths[1]!)}`
  return [style.heading('For how long a spawn would block its caller there'), ...costs.map(line), '']
}

/** The whole answer of `recommend`, as a person reads it. */
export function recommendationText(content: RecommendationText, style: Style, columns: number): string {
  const answers = content.answers.map(
    ({label, answer, source, because}) =>
      `${label} ${style.strong(answer)} ${style.quiet(because === undefined ? `(${source})` : `(${source}: ${because})`)}`,
  )
  return [
    content.picture,
    '',
    ...answers.map(line => paragraph(line, columns)),
    '',
    `${style.heading('Method')}  ${style.strong(content.method)}`,
    '',
    style.heading('Why'),
    paragraph(content.why, columns),
    '',
    ...costLines(content.costs, style),
    style.heading('Watch out'),
    ...content.hazards.map(text => bullet(text, columns)),
    '',
    style.heading('Command'),
    `  ${content.command}`,
    '',
  ].join('\n')
}
