import {spawnSync} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const common = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Wshadow', '-Werror']
/** No canary in thread-local storage, which is the parent's; no calls into libc that the compiler thinks up. */
const childSafe = ['-fno-stack-protector', '-fno-builtin']
/** gcc turns loops into memset and memcpy even so; clang does not, and does not know the flag. */
const gccOnly = '-fno-tree-loop-distribute-patterns'
/** Without it atomics become calls into libgcc, which is not linked. */
const aarch64Only = '-mno-outline-atomics'
/**
 * No library is named: libc's functions are bound, at load, to whatever libc Node runs on. -z now: the dynamic linker's
 * lazy resolver would run on the child's stack. -z nodelete: the exit-waiting thread outlives every worker.
 */
const shared = ['-shared', '-nostdlib', '-nostartfiles', '-Wl,-z,relro,-z,now,-z,nodelete,-z,max-page-size=4096']
const freestanding = ['-static', '-nostdlib', '-nostartfiles', '-ffreestanding', '-fno-pie']
/** An ordinary program on libc: it stands for any C program that spawns. */
const benchProgram = ['-pthread', '-Wl,-z,relro,-z,now']
/** What the zygote is made of; everything but its main belongs to the core too. */
const zygoteSources = ['zygote.c', 'child.c']
const initSources = ['init.c']
const programs = ['zygote.c', ...initSources]

const here = dirname(fileURLToPath(import.meta.url))
const sources = join(here, '..', '..', 'src', 'native')

function findCompiler(): string | undefined {
  const wanted = process.env.CC
  return (wanted === undefined ? ['cc', 'gcc', 'clang'] : [wanted]).find(
    name => spawnSync(name, ['--version'], {stdio: 'ignore'}).status === 0,
  )
}

function ask(compiler: string, question: string): string {
  return spawnSync(compiler, [question], {encoding: 'utf8'}).stdout
}

function flagsFor(compiler: string): string[] {
  const flags = [...common, ...childSafe]
  if (!ask(compiler, '--version').includes('clang')) flags.push(gccOnly)
  if (ask(compiler, '-dumpmachine').startsWith('aarch64')) flags.push(aarch64Only)
  return flags
}

function compile(compiler: string, args: readonly string[]): void {
  const {status, stderr} = spawnSync(compiler, [...args], {cwd: sources, encoding: 'utf8'})
  if (status !== 0) throw new Error(`${compiler} ${args.join(' ')}\n${stderr}`)
}

/** Compiles every source to an object, for the test of the child's contract, and links core, bench and zygote. */
function compileInto(target: string, compiler: string): void {
  const objects = join(target, 'objects')
  mkdirSync(objects)
  const flags = flagsFor(compiler)
  const files = readdirSync(sources).filter(name => name.endsWith('.c'))
  for (const file of files) compile(compiler, [...flags, '-fPIC', '-c', file, '-o', join(objects, `${file}.o`)])
  const objectsOf = (wanted: (file: string) => boolean) => files.filter(wanted).map(file => join(objects, `${file}.o`))
  const isBench = (file: string) => file.startsWith('bench')
  const core = objectsOf(file => !programs.includes(file) && !isBench(file))
  const exports = `-Wl,--version-script=${join(sources, 'exports.map')}`
  compile(compiler, [...shared, exports, '-o', join(target, 'libspawnctl.so'), ...core])
  compile(compiler, [...flags, ...benchProgram, '-o', join(target, 'spawnctl-bench'), ...core, ...objectsOf(isBench)])
  compile(compiler, [...flags, ...freestanding, '-o', join(target, 'spawnctl-zygote'), ...zygoteSources])
  compile(compiler, [...flags, ...freestanding, '-o', join(target, 'spawnctl-init'), ...initSources])
}

/** What is there stays in use until all is compiled: another process may be running it. */
export function build(compiler: string, target: string): void {
  mkdirSync(dirname(target), {recursive: true})
  const fresh = mkdtempSync(`${target}-`)
  chmodSync(fresh, 0o755)
  try {
    compileInto(fresh, compiler)
    rmSync(target, {recursive: true, force: true})
    renameSync(fresh, target)
  } finally {
    rmSync(fresh, {recursive: true, force: true})
  }
}

const noCompiler = `spawnctl: no C compiler found${process.env.CC === undefined ? ' (tried cc, gcc, clang)' : ` (CC=${process.env.CC})`}
why:  the native core is C and is compiled on this machine
next: install one, then run npm run build:native
        Debian, Ubuntu   apt install build-essential
        Fedora, RHEL     dnf install gcc
        Alpine           apk add build-base
`

function refuse(text: string): never {
  process.stderr.write(text)
  process.exit(1)
}

async function main(): Promise<void> {
  if (process.platform !== 'linux')
    refuse('spawnctl: Linux only\nwhy:  pidfds, clone and vfork are what it is about, and they are Linux’s\n')
  const compiler = findCompiler() ?? refuse(noCompiler)
  const {default: ora} = await import('ora')
  const spinner = ora({text: `compiling the native core with ${compiler}`, isSilent: !process.stderr.isTTY}).start()
  try {
    build(compiler, join(here, `linux-${process.arch}`))
    spinner.succeed('native core compiled')
  } catch (error) {
    spinner.fail('the native core does not compile')
    refuse(`${error instanceof Error ? error.message : error}\n`)
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main()
