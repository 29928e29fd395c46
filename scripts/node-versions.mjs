// Runs tests under other versions of Node, which it fetches from npm: for development, and for what checks every change.
//   node scripts/node-versions.mjs [VERSION …] [-- TEST …]        22 24 26, test/process unless given
// It wants a built dist/. Each version stays in $XDG_CACHE_HOME/spawnctl.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const allVersions = ['22', '24', '26']
const [versions, tests] = split(process.argv.slice(2))
const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'spawnctl')

function split(words) {
  const at = words.indexOf('--')
  const before = at < 0 ? words : words.slice(0, at)
  return [before.length > 0 ? before : allVersions, at < 0 ? ['test/process'] : words.slice(at + 1)]
}

function run(file, args, options) {
  const {status, signal, error} = spawnSync(file, args, {stdio: 'inherit', ...options})
  if (error !== undefined) throw error
  return status ?? signal
}

/** @returns the directory in which the executable is */
function fetched(version) {
  const prefix = join(cache, `node-${version}`)
  const name = `node-linux-${process.arch}`
  const directory = join(prefix, 'node_modules', name, 'bin')
  if (existsSync(join(directory, 'node'))) return directory
  mkdirSync(prefix, {recursive: true})
  const flags = ['--prefix', prefix, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  if (run('npm', ['install', ...flags, `${name}@${version}`]) !== 0) throw new Error(`npm has no ${name}@${version}`)
  return directory
}

/** Tests that start node by its name get this version too. */
function test(version) {
  const directory = fetched(version)
  const env = {...process.env, PATH: `${directory}:${process.env.PATH}`}
  const node = join(directory, 'node')
  console.log(`\nNode ${spawnSync(node, ['--version'], {encoding: 'utf8'}).stdout.trim()}: ${tests.join(' ')}`)
  return run(node, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...tests], {cwd: root, env})
}

const failed = versions.filter(version => test(version) !== 0)
if (failed.length > 0) console.error(`\nfailed under Node ${failed.join(', ')}`)
process.exitCode = failed.length > 0 ? 1 : 0
