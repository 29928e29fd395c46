import {spawnSync} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const installed = mkdtempSync(join(tmpdir(), 'spawnctl-'))
const bin = (name: string) => join(root, 'node_modules/.bin', name)
let tarball: string

function run(command: string, args: readonly string[], cwd = installed): {status: number | null; output: string} {
  const {status, stdout, stderr} = spawnSync(command, args, {cwd, encoding: 'utf8'})
  return {status, output: stdout + stderr}
}

function write(file: string, content: string): void {
  writeFileSync(join(installed, file), content)
}

/** What a program prints when Node runs it where the package is installed. */
function printed(file: string, program: string, flags: readonly string[] = []): string {
  write(file, program)
  const {status, stdout, stderr} = spawnSync(process.execPath, [...flags, file], {cwd: installed, encoding: 'utf8'})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  return stdout.trim()
}

beforeAll(() => {
  const {status, output} = run('npm', ['pack', '--ignore-scripts', '--pack-destination', installed], root)
  expect({status, output}).toMatchObject({status: 0})
  tarball = join(installed, readdirSync(installed).find(name => name.endsWith('.tgz')) as string)
  run('tar', ['-xzf', tarball])
  mkdirSync(join(installed, 'node_modules/@types'), {recursive: true})
  cpSync(join(installed, 'package'), join(installed, 'node_modules/spawnctl'), {recursive: true})
  for (const name of ['ffi-rs', '@yuuang', '@types/node', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(installed, 'node_modules', name))
})
afterAll(() => rmSync(installed, {recursive: true}))

const uses = `
const options: SpawnOptions = {umask: 0o27, sigignore: ['HUP'], method: 'vfork', stdio: ['ignore', 'pipe', 'inherit']}
const child: ChildProcess = spawn('true', ['a'], options)
const {method, pidfd, usage}: Child = spawn('true', {cwd: '/'})
const words: [Method | undefined, number | undefined, number | undefined] = [method, pidfd, usage?.userCPUTime]
execFile('true', (error, stdout) => console.log(error?.code, stdout.length))
exec('true', {encoding: 'buffer'}, (error, stdout) => console.log(error, stdout.readUInt8(0)))
promisify(execFile)('true', ['a']).then(({stdout}) => stdout.toUpperCase())
const output: string = execFileSync('true', ['a'], {encoding: 'utf8', groups: []})
const {method: recommended}: Recommendation = recommend({performanceCritical: true, posix: 'no'}, ['true'])
const {calls, refusals}: ForeseenSpawn = plan('true', [], {setsid: true})
const carried: readonly string[] = capabilities().methods.posix_spawn.carries
const zygote = new Zygote()
zygote.spawn('true').on('error', error => error instanceof SpawnError && console.log(error.failure.step))
zygote[Symbol.dispose]()
console.log(child, words, output, recommended, calls, refusals?.fork?.reason, carried)
// @ts-expect-error: no such method
spawn('true', {method: 'forc'})
// @ts-expect-error: no such question
recommend({fast: true})
// @ts-expect-error: an octal number or its digits
spawn('true', {umask: true})
`
const names = 'capabilities, exec, execFile, execFileSync, plan, recommend, spawn, SpawnError, Zygote'
const types = 'Child, ForeseenSpawn, Method, Recommendation, SpawnOptions'

describe('the packed package', () => {
  it('is in order for publint', () => {
    const {status, output} = run(bin('publint'), ['run', tarball, '--strict'], root)
    expect(output).not.toMatch(/error|warning|suggestion/i)
    expect(status).toBe(0)
  })

  it('has types that are not wrong, however it is imported', () => {
    const {status, output} = run(bin('attw'), [tarball, '--format', 'json'], root)
    expect(JSON.parse(output)).toMatchObject({analysis: {problems: []}})
    expect(status).toBe(0)
  })

  it('type-checks in the strictest program, ES module or CommonJS', () => {
    const imports = `import {promisify} from 'node:util'
import type {ChildProcess} from 'node:child_process'
import {${names}, type ${types.replaceAll(', ', ', type ')}} from 'spawnctl'
import 'spawnctl/register'
`
    const files = ['strict.mts', 'strict.cts']
    for (const file of files) write(file, imports + uses)
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noImplicitOverride']
    const modules = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--noEmit']
    expect(run(bin('tsc'), [...strict, ...modules, ...files])).toEqual({status: 0, output: ''})
  })

  it('is one library for import and require', () => {
    const program = `import {createRequire} from 'node:module'
import * as imported from 'spawnctl'
const required = createRequire(import.meta.url)('spawnctl')
const names = Object.keys(required).filter(name => name !== 'default' && name !== '__esModule')
console.log(names.length > 20, names.filter(name => imported[name] !== required[name]).join())`
    expect(printed('one.mjs', program)).toBe('true')
  })

  it('gives CommonJS what it gives ES modules', () => {
    expect(printed('required.cjs', "console.log(require('spawnctl').spawnSync('echo', ['x']).stdout.toString())")).toBe(
      'x',
    )
  })

  it('loads nothing but itself, ffi-rs’s addon, and of Node not even child_process until it spawns', () => {
    const program = `const before = new Set(process.moduleLoadList)
const {recommend} = await import('spawnctl')
recommend({performanceCritical: true, posix: true, umask: 0})
const {createRequire} = await import('node:module')
const files = Object.keys(createRequire(import.meta.url).cache).map(file => file.split('/node_modules/').at(-1))
const modules = process.moduleLoadList.filter(name => !before.has(name) && /child_process/.test(name))
console.log(JSON.stringify({files, modules}))`
    const {files, modules} = JSON.parse(printed('loads.mjs', program))
    expect(files).toEqual(['spawnctl/dist/library.cjs'])
    expect(modules).toEqual([])
  })

  it('finds in the trace of its files no package but ffi-rs', () => {
    write('traced.cjs', "require('spawnctl').spawnSync('true')")
    const trace = join(installed, 'trace')
    const {status} = run('strace', ['-f', '-e', 'trace=openat,open', '-o', trace, process.execPath, 'traced.cjs'])
    if (status !== 0) return // no strace here
    const {output} = run('grep', ['-o', 'node_modules/[^"]*', trace])
    const packages = new Set(output.split('\n').map(path => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]))
    packages.delete(undefined)
    expect([...packages].sort()).toEqual(['@yuuang/ffi-rs-linux-x64-gnu', 'ffi-rs', 'spawnctl'])
  })
})
