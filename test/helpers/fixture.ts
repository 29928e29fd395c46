import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, renameSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const sources = fileURLToPath(new URL('../fixtures', import.meta.url))
/** Outside /root and /tmp's private corners: another user runs some of them. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/spawnctl-fixtures', import.meta.url))

const compiler = [process.env.CC ?? 'cc', 'gcc', 'clang'].find(
  name => spawnSync(name, ['--version'], {stdio: 'ignore'}).status === 0,
)

function run(args: readonly string[], input?: string): Buffer {
  if (compiler === undefined) throw new Error('the tests need a C compiler: cc, gcc or clang')
  const {status, stdout, stderr} = spawnSync(compiler, [...args], {cwd: sources, input})
  if (status !== 0) throw new Error(`${compiler} ${args.join(' ')}\n${stderr}`)
  return stdout
}

/** What the preprocessor makes of a few lines of C. */
export function preprocess(code: string): string {
  return run(['-E', '-P', '-x', 'c', '-'], code).toString()
}

const ready = new Map<string, string>()

/**
 * Compiles test/fixtures/NAME.c, once for every state of its source and of the headers it includes.
 * @returns the path of the executable, or of the shared library
 */
export function fixture(name: string, kind: 'program' | 'library' = 'program'): string {
  const path = ready.get(name) ?? compiled(name, kind)
  ready.set(name, path)
  return path
}

function compiled(name: string, kind: 'program' | 'library'): string {
  const flags = [
    '-std=gnu11',
    '-O1',
    '-Wall',
    '-Wextra',
    '-Werror',
    ...(kind === 'library' ? ['-shared', '-fPIC'] : []),
  ]
  const hash = createHash('sha256')
    .update(flags.join(' '))
    .update(run(['-E', '-P', `${name}.c`]))
    .digest('hex')
  const directory = join(cache, hash.slice(0, 16))
  const path = join(directory, name)
  if (existsSync(path)) return path
  mkdirSync(directory, {recursive: true})
  const ours = `${path}.${process.pid}`
  run([...flags, '-o', ours, `${name}.c`])
  renameSync(ours, path)
  return path
}
