type ChartLine = readonly {readonly text: string; readonly taken: boolean}[]

/** Joins a drawn flowchart to text, each piece in the colours of the path or of the rest. */
export function paintChart(
  lines: readonly ChartLine[],
  paint: {readonly taken: (text: string) => string; readonly other: (text: string) => string},
): string {
  return lines
    .map(line => line.map(({text, taken}) => (taken ? paint.taken(text) : paint.other(text))).join(''))
    .join('\n')
}
