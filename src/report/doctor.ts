import wrapAnsi from 'wrap-ansi'

/** Well; not well, and nothing can do without it; not well, and something else does instead. */
type Mark = 'well' | 'bad' | 'lacking'

export interface FindingText {
  readonly mark: Mark
  readonly title: string
  /** Beside the title: what is worth a word, or "refused (EPERM)". */
  readonly detail?: string
  readonly evidence?: string
  readonly consequence?: string
  readonly advice?: string
}

export interface ExaminationText {
  readonly machine: string
  readonly groups: readonly {readonly title: string; readonly findings: readonly FindingText[]}[]
  readonly closing: string
}

export interface DoctorStyle {
  readonly heading: (text: string) => string
  readonly quiet: (text: string) => string
  readonly mark: Readonly<Record<Mark, (text: string) => string>>
  readonly glyphs: Readonly<Record<Mark, string>>
}

/** What the marks look like where the locale can show them, and where it cannot. */
export const markGlyphs: Readonly<Record<'unicode' | 'ascii', DoctorStyle['glyphs']>> = {
  unicode: {well: '✓', bad: '✗', lacking: '–'},
  ascii: {well: '+', bad: 'x', lacking: '-'},
}

const mostColumns = 100
const detailColumn = 42
const noteIndent = 6

/** Wraps a text, all of its lines but the first indented; `used` columns of the first are taken. */
function hanging(text: string, indent: number, columns: number): string {
  const width = Math.max(20, Math.min(columns, mostColumns) - indent)
  return wrapAnsi(text, width, {hard: true})
    .split('\n')
    .join(`\n${' '.repeat(indent)}`)
}

function note(text: string, columns: number): string {
  return `${' '.repeat(noteIndent)}${hanging(text, noteIndent, columns)}`
}

function findingLines(finding: FindingText, style: DoctorStyle, columns: number): readonly string[] {
  const {mark, title, detail, evidence, consequence, advice} = finding
  const beside = detail === undefined ? '' : hanging(detail, detailColumn, columns)
  const painted = mark === 'well' ? style.quiet(beside) : style.mark[mark](beside)
  const head = `  ${style.mark[mark](style.glyphs[mark])} ${title.padEnd(detailColumn - 4)}`
  return [
    detail === undefined ? head.trimEnd() : `${head}${painted}`,
    ...(evidence === undefined ? [] : [style.quiet(note(`seen: ${evidence}`, columns))]),
    ...(consequence === undefined ? [] : [note(consequence, columns)]),
    ...(advice === undefined ? [] : [note(`next: ${advice}`, columns)]),
  ]
}

/** The same advice is given once in a row. */
function withoutRepeats(findings: readonly FindingText[]): readonly FindingText[] {
  let last: string | undefined
  return findings.map(finding => {
    const {advice, ...others} = finding
    const repeated = advice !== undefined && advice === last
    last = advice
    return repeated ? others : finding
  })
}

/** The whole answer of `doctor`, as a person reads it. */
export function examinationText(content: ExaminationText, style: DoctorStyle, columns: number): string {
  const groups = content.groups.flatMap(({title, findings}) => [
    '',
    style.heading(title),
    ...withoutRepeats(findings).flatMap(finding => findingLines(finding, style, columns)),
  ])
  return [hanging(content.machine, 0, columns), ...groups, '', hanging(content.closing, 0, columns), ''].join('\n')
}
