import {createHash} from 'node:crypto'
import {html, Markup} from './markup.js'
import {style} from './style.js'

/** Makes of the embedded JSON a file to download: no other place of the page holds the data a second time. */
const script = `
const link = document.getElementById('download')
link.href = URL.createObjectURL(new Blob([document.getElementById('data').textContent], {type: 'application/json'}))
link.hidden = false
`

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/** Nothing is fetched, and only this style sheet and this script are heeded. */
const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`

/**
 * A whole document that needs nothing but itself.
 * @param main has the link with the id "download", hidden until the script has given it a target
 * @param json what the link gives
 */
export function page(title: string, main: Markup, json: string): string {
  const data = json.replaceAll('<', '\\u003c')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${main}
</main>
<script type="application/json" id="data">${new Markup(data)}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text
}
