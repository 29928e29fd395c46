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
  /** What was seen of a process, and what each method would cost it; absent when none was looked at. */
  process?: {
    title: string
    lines: readonly {what: string; value: string}[]
    costs: readonly {method: string; time: string}[]
    /** Which cost decides. */
    threshold: string
  }
  hazards: readonly string[]
  command: string
}

/** Two columns, the second flush right. */
function columnsOf(rows: readonly (readonly [string, string])[]): readonly string[] {
  const [left, right] = [0, 1].map(i => Math.max(...rows.map(row => row[i]!.length)))
  return rows.map(([name, value]) => `  ${name.padEnd(left!)}  ${value.padStart(right!)}`)
}

function processLines({process}: RecommendationText, style: Style): readonly string[] {
  if (process === undefined) return []
  const {title, lines, costs, threshold} = process
  return [
    style.heading(title),
    ...columnsOf(lines.map(({what, value}) => [what, value])),
    '',
    style.heading('For how long a spawn would block its caller there'),
    ...columnsOf(costs.map(({method, time}) => [method, time])),
    `  ${style.quiet(threshold)}`,
    '',
  ]
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
    ...processLines(content, style),
    style.heading('Watch out'),
    ...content.hazards.map(text => bullet(text, columns)),
    '',
    style.heading('Command'),
    `  ${content.command}`,
    '',
  ].join('\n')
}
