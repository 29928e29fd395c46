// Makes the CommonJS files of dist/: one file starts faster than a tree of ES modules. start.cjs is what
// bin/spawnctl.cjs loads; library.cjs is what require('spawnctl') and import 'spawnctl' both get, so that a program that
// does both has one library; register.cjs is a word on top of it.
import {cp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {build} from 'esbuild'

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  define: {'import.meta.url': 'moduleUrl'},
  banner: {js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href"},
}

/** What the licences of bundled packages ask for: their text goes wherever the code goes. */
async function licensesOf({outputs}) {
  const bundled = Object.values(outputs).flatMap(({inputs}) =>
    Object.keys(inputs).filter(path => inputs[path].bytesInOutput > 0),
  )
  const packages = new Set(bundled.flatMap(path => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []))
  const texts = [...packages].sort().map(async path => {
    const license = (await readdir(path)).find(name => /^licen[cs]e/i.test(name))
    return `${path.split('node_modules/').at(-1)}\n\n${await readFile(`${path}/${license}`, 'utf8')}`
  })
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`)
}

await build({...common, entryPoints: ['src/start.ts'], outfile: 'dist/start.cjs', external: ['./cli.js', 'ffi-rs']})
await build({...common, entryPoints: ['src/library.ts'], outfile: 'dist/library.cjs', external: ['ffi-rs']})
// Vega's sixty packages as one file: whoever installs spawnctl gets what draws the report's charts and nothing else.
const {metafile} = await build({
  ...{bundle: true, platform: 'node', target: 'node20', format: 'esm', minify: true, metafile: true},
  ...{entryPoints: ['src/report/html/vega.ts'], outfile: 'dist/report/html/vega.js', allowOverwrite: true},
})
await writeFile('dist/report/html/vega.licenses.txt', await licensesOf(metafile))
await writeFile('dist/library.mjs', "export * from './library.cjs'\n")
await writeFile('dist/register.cjs', "require('./library.cjs').register()\n")

// The same declarations once more, where TypeScript takes them for CommonJS.
await rm('dist/types-cjs', {recursive: true, force: true})
for (const file of await readdir('dist', {recursive: true}))
  if (file.endsWith('.d.ts')) await cp(`dist/${file}`, `dist/types-cjs/${file}`)
await writeFile('dist/types-cjs/register.d.ts', 'export {}\n')
await writeFile('dist/types-cjs/package.json', '{"type": "commonjs"}\n')
