/** The page's only style sheet; its hash stands in the content security policy. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f6f7f9; --ink: #1b1f24; --quiet: #56606c; --line: #8a94a0; --grid: #e3e7eb;
  --blocked: #0072b2; --exit: #c24e00; --mark: #e8f1f8; --warn: #fff4df; --warn-line: #b7791f;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --panel: #1c2229; --ink: #e7eaee; --quiet: #a4afbb; --line: #6f7b88; --grid: #2b333c;
    --blocked: #56b4e9; --exit: #f0a04b; --mark: #1b2d3b; --warn: #2c2412; --warn-line: #d9a441;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 3rem 0 .6rem; padding-top: 1.1rem; border-top: 1px solid var(--grid); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .2rem; }
p { max-width: 46rem; margin: .4rem 0 .9rem; overflow-wrap: anywhere; }
a { color: var(--blocked); }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.quiet, figcaption, caption, dd { color: var(--quiet); }
.answer { margin: 1.3rem 0 0; padding: .9rem 1.1rem;
  background: var(--mark); border-left: 4px solid var(--blocked); border-radius: 0 6px 6px 0; }
.answer p { font-size: 1.2rem; line-height: 1.5; margin: 0; max-width: none; }
.answer p + p { margin-top: .5rem; }
header .quiet { max-width: none; }
.warnings { list-style: none; margin: 1.2rem 0 0; padding: 0; }
.warnings li { margin: .5rem 0; padding: .6rem 1.1rem; overflow-wrap: anywhere;
  background: var(--warn); border-left: 4px solid var(--warn-line); border-radius: 0 6px 6px 0; }
.warnings span { display: block; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
caption { text-align: left; padding: 0 0 .6rem; }
th, td { padding: .42rem .6rem; border-bottom: 1px solid var(--grid); text-align: left; vertical-align: baseline; }
tbody th { font-weight: 600; overflow-wrap: anywhere; }
thead th { font-weight: 600; color: var(--quiet); font-size: .82rem; line-height: 1.3; vertical-align: bottom; }
thead tr:last-child th { border-bottom: 1px solid var(--line); }
thead tr:first-child > * { border: 0; padding-bottom: .2rem; }
thead [scope=colgroup] span { display: block; border-bottom: 1px solid var(--grid); text-align: center; }
th small { display: block; font-weight: 400; color: var(--quiet); }
.results td, .results thead th:not(:first-child) { text-align: right; }
.results :is(td, th) { white-space: nowrap; }
.results tr > :first-child { position: sticky; left: 0; background: var(--paper); }
.scroll + .scroll { margin-top: 2rem; }
.results tr.fastest > * { background: var(--mark); }
.facts th { font-weight: 400; color: var(--quiet); width: 11rem; }
.facts td { overflow-wrap: anywhere; }
.callerBlocked { --series: var(--blocked); }
.spawnToExit { --series: var(--exit); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 1.2rem 0 0; font-size: .9rem; }
dt { font-weight: 600; }
dd { grid-column: 2; margin: 0; max-width: 46rem; }
.pair, .panels { display: grid; gap: 1.2rem 1.6rem; }
.pair { grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); align-items: start; }
.panels { grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); margin-top: .8rem; }
figure { margin: 0; padding: .8rem .9rem; background: var(--panel); border-radius: 8px; min-width: 0; }
figure { --paper: var(--panel); }
figcaption { margin: 0 0 .3rem; overflow-wrap: anywhere; }
figcaption strong { color: var(--ink); }
.pair figcaption strong { border-bottom: 3px solid var(--series); }
.chart { display: block; width: 100%; height: auto; }
.chart text { font-family: system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.note { font-size: .9rem; color: var(--quiet); }
.panels + .scroll { margin-top: 1.4rem; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; list-style: none; margin: .6rem 0 0; padding: 0; font-size: .9rem; }
.key svg { width: 2.4em; height: .8em; margin-right: .5em; stroke: var(--series); stroke-width: 1.75; }
.key circle { fill: var(--series); }
.key rect { fill: var(--paper); }
.key .spawnToExit path { stroke-dasharray: 5 3; }
.download { display: inline-block; padding: .5rem 1rem; border: 1px solid var(--blocked); border-radius: 6px; text-decoration: none; }
.download:hover { background: var(--mark); }
[hidden] { display: none; }
@media screen and (max-width: 40rem) {
  body { font-size: 15px; }
  main { padding-top: 1.5rem; }
  h1 { font-size: 1.5rem; }
  dl, .facts tr, .facts tbody, .facts th, .facts td { display: block; width: auto; }
  .facts th { padding: .5rem 0 0; border: 0; }
  .facts td { padding: 0 0 .5rem; }
  dd { margin-bottom: .5rem; }
  .results { font-size: .87rem; }
  .results :is(td, th) { padding-inline: .4rem; }
  .pair .chart text { font-size: 16px; }
}
@media print {
  @page { size: A4; margin: 14mm 12mm; }
  :root { color-scheme: light; font-size: 9.5pt; --panel: #ffffff; --mark: #ffffff; --warn: #ffffff; }
  body { font-size: 1rem; }
  main { max-width: none; padding: 0; }
  h2 { margin-top: 1.6rem; }
  h2, h2 + p, h3, h3 + p, .key, figcaption, caption { break-after: avoid; }
  table, figure, .key, .warnings li, .answer, dl { break-inside: avoid; }
  .results { font-size: 7.6pt; }
  .results thead th { font-size: 7pt; }
  .scroll { overflow: visible; }
  p { max-width: none; }
  th, td { padding: .25rem .35rem; }
  figure { border: 1px solid var(--grid); }
  .pair { grid-template-columns: 1fr 1fr; gap: .8rem; }
  .panels { grid-template-columns: repeat(3, 1fr); gap: .8rem; }
  .facts th { width: 9rem; }
  .screen { display: none; }
  .results tr.fastest > * { font-weight: 700; }
}
`
