// Makes dist/start.cjs, what bin/spawnctl.cjs loads: one CommonJS file starts faster than a tree of ES modules.
import {build} from 'esbuild'

await build({
  entryPoints: ['src/start.ts'],
  outfile: 'dist/start.cjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['./cli.js', 'ffi-rs'],
  define: {'import.meta.url': 'moduleUrl'},
  banner: {js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href"},
})
