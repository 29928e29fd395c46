// Runs Node's own child_process tests with register preloaded, and again without it where they fail: what fails only
// with it is ours. They are not part of this repository.
//   node scripts/node-tests.mjs DIR [--node PATH] [--method METHOD] [--only WORD]
// DIR is a test/ directory of the version that PATH is (this one, unless given).
import {spawn} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {node: {type: 'string', default: process.execPath}, method: {type: 'string'}, only: {type: 'string'}},
})
const [directory] = positionals
const register = fileURLToPath(new URL('../dist/register.cjs', import.meta.url))
const patienceMs = 60_000
const atATime = 2

const tests = ['parallel', 'sequential']
  .flatMap(folder => readdirSync(join(directory, folder)).map(name => join(directory, folder, name)))
  .filter(file => /test-child-process-.*\.m?js$/.test(file) && file.includes(values.only ?? ''))

function flagsOf(file) {
  return /^\/\/ Flags: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1].split(' ') ?? []
}

/** @returns what it printed when it failed */
function run(file, preload, slot) {
  const env = {...process.env, NODE_TEST_DIR: directory, TEST_THREAD_ID: String(slot)}
  if (values.method !== undefined) env.SPAWNCTL_METHOD = values.method
  const args = [...flagsOf(file), ...preload, file]
  return new Promise(resolve => {
    const child = spawn(values.node, args, {env, cwd: directory, timeout: patienceMs, killSignal: 'SIGKILL'})
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        output += chunk
      })
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : `${output}\n${code ?? signal}`))
  })
}

const failed = []
let elsewhere = 0
async function work(slot) {
  for (let file = tests.shift(); file !== undefined; file = tests.shift()) {
    let output = await run(file, ['-r', register], slot)
    if (output === undefined) continue
    if ((await run(file, [], slot)) !== undefined) {
      elsewhere++
      continue
    }
    output = await run(file, ['-r', register], slot)
    if (output !== undefined) failed.push({file, output})
  }
}

const count = tests.length
await Promise.all(Array.from({length: atATime}, (_, slot) => work(slot)))
for (const {file, output} of failed) console.log(`--- ${file}\n${output.slice(-2000)}`)
console.log(`${count} tests, ${failed.length} fail with register, ${elsewhere} fail without it too`)
process.exitCode = failed.length > 0 ? 1 : 0
